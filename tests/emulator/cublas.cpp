// What MAX asks of libcublas.so.13: products of matrices, summed in float32.
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#define API extern "C" __attribute__((visibility("default"))) int

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
    else static_cast<uint16_t*>(to)[i] = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

}  // namespace

API cublasCreate_v2(void** handle) { return *handle = handle, 0; }
API cublasDestroy_v2(void*) { return 0; }
API cublasSetStream_v2(void*, void*) { return 0; }
API cublasSetWorkspace_v2(void*, void*, u64) { return 0; }
API cublasSetMathMode(void*, int) { return 0; }

// C [m, n] = alpha · op(A) [m, k] · op(B) [k, n] + beta · C, by columns.
API cublasGemmEx(void*, int a_turned, int b_turned, int m, int n, int k, const float* alpha,
                 const void* a, int a_type, int lda, const void* b, int b_type, int ldb,
                 const float* beta, void* c, int c_type, int ldc, int, int) {
    std::vector<float> columns(u64(k) * m);  // of A, in float32
    for (u64 i = 0; i < u64(m); i++)
        for (u64 j = 0; j < u64(k); j++)
            columns[j * m + i] = get(a, a_turned ? i * lda + j : j * lda + i, a_type);
    auto work = [&](u64 from, u64 to) {
        std::vector<float> sums(m);
        for (u64 j = from; j < to; j++) {
            sums.assign(m, 0);
            for (u64 q = 0; q < u64(k); q++) {
                float x = get(b, b_turned ? q * ldb + j : j * ldb + q, b_type);
                for (int i = 0; i < m; i++) sums[i] += x * columns[q * m + i];
            }
            for (u64 i = 0; i < u64(m); i++) {
                float before = *beta ? *beta * get(c, j * ldc + i, c_type) : 0;
                put(c, j * ldc + i, c_type, *alpha * sums[i] + before);
            }
        }
    };
    std::thread half(work, 0, n / 2);
    work(n / 2, n);
    half.join();
    return 0;
}
