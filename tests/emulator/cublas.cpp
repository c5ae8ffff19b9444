// What MAX asks of libcublas.so.13: products of matrices, summed in float32.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "driver.h"

using u64 = uint64_t;

namespace {

enum Type { FLOAT32 = 0, FLOAT16 = 2, BFLOAT16 = 14 };

float get(const void* from, u64 i, int type) {
    if (type == FLOAT32) return static_cast<const float*>(from)[i];
    if (type == FLOAT16) return static_cast<const _Float16*>(from)[i];
    uint32_t bits = uint32_t(static_cast<const uint16_t*>(from)[i]) << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

void put(void* to, u64 i, int type, float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof x);
    if (type == FLOAT32) static_cast<float*>(to)[i] = x;
    else if (type == FLOAT16) static_cast<_Float16*>(to)[i] = _Float16(x);
    else if (x != x) static_cast<uint16_t*>(to)[i] = 0x7fff;
    else static_cast<uint16_t*>(to)[i] = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

// A matrix by columns, each `stride` values behind the one before.
struct Matrix {
    u64 values;
    int type, stride;
    bool turned;

    u64 place(u64 row, u64 column) const {
        return turned ? row * stride + column : column * stride + row;
    }
    float at(u64 row, u64 column) const { return get((const void*)values, place(row, column), type); }
    void check(const std::map<u64, Piece>& memory, u64 rows, u64 columns) const {
        u64 size = (place(rows - 1, columns - 1) + 1) * (type == FLOAT32 ? 4 : 2);
        auto next = memory.upper_bound(values);
        if (next != memory.begin() && std::prev(next)->second.has(values, size)) return;
        fprintf(stderr, "emulator: cuBLAS: stray access to memory of the device\n");
        _Exit(1);
    }
};

void multiply(u64 m, u64 n, u64 k, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    std::vector<float> columns(k * m);  // of A, in float32
    for (u64 i = 0; i < m; i++)
        for (u64 j = 0; j < k; j++) columns[j * m + i] = a.at(i, j);
    auto work = [&](u64 from, u64 to) {
        std::vector<float> sums(m);
        for (u64 j = from; j < to; j++) {
            sums.assign(m, 0);
            for (u64 q = 0; q < k; q++) {
                float x = b.at(q, j);
                for (u64 i = 0; i < m; i++) sums[i] += x * columns[q * m + i];
            }
            for (u64 i = 0; i < m; i++) {
                float before = beta ? beta * c.at(i, j) : 0;
                put((void*)c.values, c.place(i, j), c.type, alpha * sums[i] + before);
            }
        }
    };
    std::thread half(work, 0, n / 2);
    work(n / 2, n);
    half.join();
}

void* stream = nullptr;  // of the one handle

}  // namespace

API cublasCreate_v2(void** handle) { return *handle = &stream, 0; }
API cublasDestroy_v2(void*) { return 0; }
API cublasSetStream_v2(void*, void* to) { return stream = to, 0; }
API cublasSetWorkspace_v2(void*, void*, u64) { return 0; }
API cublasSetMathMode(void*, int) { return 0; }

// C [m, n] = alpha · op(A) [m, k] · op(B) [k, n] + beta · C, by columns.
API cublasGemmEx(void*, int a_turned, int b_turned, int m, int n, int k, const float* alpha,
                 u64 a, int a_type, int lda, u64 b, int b_type, int ldb, const float* beta, u64 c,
                 int c_type, int ldc, int, int) {
    Matrix left{a, a_type, lda, a_turned != 0}, right{b, b_type, ldb, b_turned != 0};
    Matrix made{c, c_type, ldc, false};
    auto memory = memory_of(stream);
    left.check(memory, m, k), right.check(memory, k, n), made.check(memory, m, n);
    float times = *alpha, kept = *beta;
    return enqueue(stream, [=] { multiply(m, n, k, times, left, right, kept, made); });
}
