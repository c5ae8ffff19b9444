// What each PTX instruction does to 32 lanes.
#include <algorithm>
#include <cmath>
#include <functional>
#include <type_traits>

#include "warp.h"

namespace {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using s32 = int32_t;
using s64 = int64_t;
using f32 = float;
using f16 = _Float16;

struct bf16 {
    u16 bits;
    bf16() = default;
    bf16(f32 x) {
        u32 v;
        memcpy(&v, &x, sizeof v);
        bits = x != x ? 0x7fff : u16((v + 0x7fff + ((v >> 16) & 1)) >> 16);
    }
    operator f32() const {
        u32 v = u32(bits) << 16;
        f32 x;
        memcpy(&x, &v, sizeof x);
        return x;
    }
};

template <class T>
struct Two {
    T low, high;
};

using Table = std::map<std::string, Step>;

template <class T>
std::string name() {
    if (std::is_same<T, f16>::value) return "f16";
    if (std::is_same<T, bf16>::value) return "bf16";
    if (std::is_same<T, Two<bf16>>::value) return "bf16x2";
    const char* kind = std::is_floating_point<T>::value ? "f"
                       : std::is_signed<T>::value       ? "s"
                                                        : "u";
    return kind + std::to_string(8 * sizeof(T));
}

// The lanes that are on; all of them is the usual case, and the one to be fast.
template <class F>
inline void each(u32 on, F f) {
    if (on == ALL) {
        for (int l = 0; l < LANES; l++) f(l);
    } else {
        for (; on; on &= on - 1) f(__builtin_ctz(on));
    }
}

// d = f(a), f(a, b) and f(a, b, c)
template <class To, class From, To (*f)(From)>
void one(Warp& w, u32 on, const u32* o) {
    To* d = w.lanes<To>(o[0]);
    const From* a = w.lanes<From>(o[1]);
    each(on, [=](int l) { d[l] = f(a[l]); });
}

template <class T, T (*f)(T, T)>
void two(Warp& w, u32 on, const u32* o) {
    T* d = w.lanes<T>(o[0]);
    const T *a = w.lanes<T>(o[1]), *b = w.lanes<T>(o[2]);
    each(on, [=](int l) { d[l] = f(a[l], b[l]); });
}

template <class T, T (*f)(T, T, T)>
void three(Warp& w, u32 on, const u32* o) {
    T* d = w.lanes<T>(o[0]);
    const T *a = w.lanes<T>(o[1]), *b = w.lanes<T>(o[2]), *c = w.lanes<T>(o[3]);
    each(on, [=](int l) { d[l] = f(a[l], b[l], c[l]); });
}

template <class T> T add(T a, T b) { return a + b; }
template <class T> T sub(T a, T b) { return a - b; }
template <class T> T mul(T a, T b) { return a * b; }
template <class T> T mad(T a, T b, T c) { return a * b + c; }
template <class T> T and_(T a, T b) { return a & b; }
template <class T> T or_(T a, T b) { return a | b; }
template <class T> T xor_(T a, T b) { return a ^ b; }
template <class T> T not_(T a) { return ~a; }
template <class T> T same(T a) { return a; }
template <class T> T neg(T a) { return -a; }
template <class T> T abs_(T a) { return a < 0 ? -a : a; }
// Of a number and none, the number.
template <class T> T min_(T a, T b) { return a < b || b != b ? a : b; }
template <class T> T max_(T a, T b) { return a > b || b != b ? a : b; }

template <class T>
T div_(T a, T b) {
    if constexpr (std::is_floating_point<T>::value) return a / b;
    // By 0 it is undefined; by -1 the smallest number would leave its range.
    else return b == 0 ? T(-1) : b == T(-1) && std::is_signed<T>::value ? -a : a / b;
}
template <class T> T rem_(T a, T b) {
    return b == 0 ? a : b == T(-1) && std::is_signed<T>::value ? 0 : a % b;
}

template <class T>
T high(T a, T b) {
    using Wide = std::conditional_t<
        sizeof(T) == 4, std::conditional_t<std::is_signed<T>::value, s64, u64>,
        std::conditional_t<std::is_signed<T>::value, __int128, unsigned __int128>>;
    return T((Wide(a) * Wide(b)) >> (8 * sizeof(T)));
}

Two<f16> add_two(Two<f16> a, Two<f16> b) {
    return {f16(a.low + b.low), f16(a.high + b.high)};
}
f32 fma_(f32 a, f32 b, f32 c) { return std::fma(a, b, c); }
bf16 fma_(bf16 a, bf16 b, bf16 c) { return std::fma(f32(a), f32(b), f32(c)); }
Two<bf16> fma_(Two<bf16> a, Two<bf16> b, Two<bf16> c) {
    return {fma_(a.low, b.low, c.low), fma_(a.high, b.high, c.high)};
}
f32 abs_f(f32 a) { return std::fabs(a); }
f32 copysign_(f32 sign, f32 a) { return std::copysign(a, sign); }
f32 exp2_(f32 a) { return std::exp2(a); }
f32 log2_(f32 a) { return std::log2(a); }
f32 rcp(f32 a) { return 1 / a; }
f32 rsqrt(f32 a) { return f32(1 / std::sqrt(double(a))); }

template <class To, class From> To cvt(From a) { return To(a); }

// The shift's amount has 32 bits, and is cut off at the width.
template <class T, bool LEFT>
void shift(Warp& w, u32 on, const u32* o) {
    T* d = w.lanes<T>(o[0]);
    const T* a = w.lanes<T>(o[1]);
    const u32* b = w.lanes<u32>(o[2]);
    constexpr u32 WIDTH = 8 * sizeof(T);
    each(on, [=](int l) {
        bool over = b[l] >= WIDTH;
        if (LEFT) d[l] = over ? T(0) : T(a[l] << b[l]);
        else d[l] = over ? T(std::is_signed<T>::value && a[l] < 0 ? -1 : 0) : T(a[l] >> b[l]);
    });
}

template <class Wide, class T>
void mul_wide(Warp& w, u32 on, const u32* o) {
    Wide* d = w.lanes<Wide>(o[0]);
    const T *a = w.lanes<T>(o[1]), *b = w.lanes<T>(o[2]);
    each(on, [=](int l) { d[l] = Wide(a[l]) * Wide(b[l]); });
}

// d = c ? a : b
template <class T>
void select(Warp& w, u32 on, const u32* o) {
    T* d = w.lanes<T>(o[0]);
    const T *a = w.lanes<T>(o[1]), *b = w.lanes<T>(o[2]);
    u32 c = w.mask(o[3]);
    each(on, [=](int l) { d[l] = (c >> l) & 1 ? a[l] : b[l]; });
}

void put(u32& mask, u32 on, u32 value) { mask = (mask & ~on) | (value & on); }

template <class T, bool (*f)(T, T)>
void compare(Warp& w, u32 on, const u32* o) {
    const T *a = w.lanes<T>(o[1]), *b = w.lanes<T>(o[2]);
    u32 found = 0;
    for (int l = 0; l < LANES; l++) found |= u32(f(a[l], b[l])) << l;
    put(w.mask(o[0]), on, found);
}

// With NaN all are false; true are the unordered kinds, which end in u.
template <class T> bool eq(T a, T b) { return a == b; }
template <class T> bool ne(T a, T b) { return a == a && b == b && a != b; }
template <class T> bool lt(T a, T b) { return a < b; }
template <class T> bool le(T a, T b) { return a <= b; }
template <class T> bool gt(T a, T b) { return a > b; }
template <class T> bool ge(T a, T b) { return a >= b; }
template <class T, bool (*f)(T, T)>
bool unordered(T a, T b) { return a != a || b != b || f(a, b); }

template <u32 (*f)(u32, u32)>
void logic(Warp& w, u32 on, const u32* o) {
    put(w.mask(o[0]), on, f(w.mask(o[1]), w.mask(o[2])));
}
void logic_not(Warp& w, u32 on, const u32* o) { put(w.mask(o[0]), on, ~w.mask(o[1])); }
void logic_mov(Warp& w, u32 on, const u32* o) { put(w.mask(o[0]), on, w.mask(o[1])); }

// Two halves to one register and back.
template <class T>
void pack(Warp& w, u32 on, const u32* o) {
    Two<T>* d = w.lanes<Two<T>>(o[0]);
    const T *a = w.lanes<T>(o[1]), *b = w.lanes<T>(o[2]);
    each(on, [=](int l) { d[l] = {a[l], b[l]}; });
}
template <class T>
void unpack(Warp& w, u32 on, const u32* o) {
    T *d = w.lanes<T>(o[0]), *e = w.lanes<T>(o[1]);
    const Two<T>* a = w.lanes<Two<T>>(o[2]);
    each(on, [=](int l) { d[l] = a[l].low, e[l] = a[l].high; });
}
template <class T>
void cvt_two(Warp& w, u32 on, const u32* o) {
    Two<T>* d = w.lanes<Two<T>>(o[0]);
    const f32 *a = w.lanes<f32>(o[1]), *b = w.lanes<f32>(o[2]);
    each(on, [=](int l) { d[l] = {T(b[l]), T(a[l])}; });
}

// ---- memory

char* in(Warp& w, Piece room, const char* which, u64 address, u64 size, int lane) {
    if (!room.has(address, size))
        fail(w.block, std::string("stray access to ") + which, w.first + lane);
    if (address % size) fail(w.block, std::string("misaligned access to ") + which, w.first + lane);
    return reinterpret_cast<char*>(address);
}

Piece all_of(const std::vector<char>& room) { return {u64(room.data()), room.size()}; }

Piece own_local(Warp& w, int lane) {
    Block& b = w.block;
    return {u64(b.local.data()) + (w.first + lane) * b.local_size, b.local_size};
}

// An address of any kind of memory: mostly in the piece that this instruction found last.
char* global(Warp& w, u64 address, u64 size, int lane, const u32* o) {
    Block& b = w.block;
    Piece& seen = b.seen[(u64(o) / 16) % 16];
    if (!seen.has(address, size)) {
        auto next = b.memory.upper_bound(address);
        if (next != b.memory.begin() && std::prev(next)->second.has(address, size))
            seen = std::prev(next)->second;
        else if (all_of(b.parameters).has(address, size)) seen = all_of(b.parameters);
        else return in(w, own_local(w, lane), "memory of the device", address, size, lane);
    }
    return in(w, seen, "memory of the device", address, size, lane);
}

enum Space { GLOBAL, SHARED, LOCAL, PARAMETER };

template <Space SPACE>
char* find(Warp& w, u64 address, u64 size, int lane, const u32* o) {
    Block& b = w.block;
    auto offset = [&](std::vector<char>& room) { return u64(room.data()) + address; };
    if (SPACE == SHARED) {
        address = u32(address);
        return in(w, all_of(b.shared), "shared memory", offset(b.shared), size, lane);
    }
    if (SPACE == LOCAL)
        return in(w, own_local(w, lane), "local memory", offset(b.local), size, lane);
    if (SPACE == PARAMETER)
        return in(w, all_of(b.parameters), "parameters", offset(b.parameters), size, lane);
    return global(w, address, size, lane, o);
}

// Operands: the address's register, whether it has 64 bits, what is added, the values.
template <Space SPACE, class Held, class T, int COUNT, bool LOAD>
void move(Warp& w, u32 on, const u32* o) {
    each(on, [&](int l) {
        u64 base = o[1] ? w.lanes<u64>(o[0])[l] : w.lanes<u32>(o[0])[l];
        char* p = find<SPACE>(w, base + s64(s32(o[2])), COUNT * sizeof(T), l, o);
        for (int i = 0; i < COUNT; i++) {
            T value;
            Held* r = w.lanes<Held>(o[3 + i]) + l;
            if (LOAD) {
                memcpy(&value, p + i * sizeof(T), sizeof(T));
                *r = Held(value);
            } else {
                value = T(*r);
                memcpy(p + i * sizeof(T), &value, sizeof(T));
            }
        }
    });
}

// Sixteen bytes to shared memory. At once, so a wait that is missing does not show.
void copy_async(Warp& w, u32 on, const u32* o) {
    each(on, [&](int l) {
        u64 to = o[1] ? w.lanes<u64>(o[0])[l] : w.lanes<u32>(o[0])[l];
        u64 from = w.lanes<u64>(o[3])[l] + s64(s32(o[5]));
        u32 read = w.lanes<u32>(o[6])[l];
        char* p = find<SHARED>(w, to + s64(s32(o[2])), 16, l, o);
        memset(p, 0, 16);
        if (read) memcpy(p, find<GLOBAL>(w, from, 16, l, o), std::min(read, 16u));
    });
}

template <bool LOCAL_SPACE, bool TO_GENERIC>
void address(Warp& w, u32 on, const u32* o) {
    u64 base = LOCAL_SPACE ? u64(w.block.local.data()) : u64(w.block.parameters.data());
    u64 *d = w.lanes<u64>(o[0]), *a = w.lanes<u64>(o[1]);
    each(on, [=](int l) { d[l] = TO_GENERIC ? a[l] + base : a[l] - base; });
}

// ---- lanes that work together

enum Shuffle { XOR, INDEX };

template <Shuffle KIND>
void shuffle(Warp& w, u32 on, const u32* o) {
    u32 d[LANES], *a = w.lanes<u32>(o[1]), *b = w.lanes<u32>(o[2]), *c = w.lanes<u32>(o[3]);
    each(on, [&](int l) {
        u32 segment = (c[l] >> 8) & 31, last = (l & segment) | (c[l] & 31 & ~segment);
        u32 from = KIND == XOR ? l ^ (b[l] & 31) : (l & segment) | (b[l] & 31 & ~segment);
        if (from > last) from = l;
        if (!((on >> from) & 1)) fail(w.block, "shuffle from a lane that is off", w.first + l);
        d[l] = a[from];
    });
    each(on, [&](int l) { w.lanes<u32>(o[0])[l] = d[l]; });
}

void whole(Warp& w, u32 on, const char* what) {
    if (on != ALL) fail(w.block, std::string(what) + " by a part of a warp", w.first);
}

// Four matrices of 8 × 8 halves; lane 8m + r has the address of row r of matrix m.
template <bool TRANSPOSED>
void load_matrices(Warp& w, u32 on, const u32* o) {
    whole(w, on, "ldmatrix");
    u16 rows[LANES][8];
    for (int l = 0; l < LANES; l++) {
        u64 base = o[1] ? w.lanes<u64>(o[0])[l] : w.lanes<u32>(o[0])[l];
        memcpy(rows[l], find<SHARED>(w, base + s64(s32(o[2])), 16, l, o), 16);
    }
    for (int m = 0; m < 4; m++) {
        Two<u16>* d = w.lanes<Two<u16>>(o[3 + m]);
        const auto* matrix = rows + 8 * m;
        for (int l = 0; l < LANES; l++) {
            int r = l / 4, c = 2 * (l % 4);
            d[l] = TRANSPOSED ? Two<u16>{matrix[c][r], matrix[c + 1][r]}
                              : Two<u16>{matrix[r][c], matrix[r][c + 1]};
        }
    }
}

// D [16, 8] = A [16, 16] · B [16, 8] + C; a lane has parts of each.
template <class T>
void matrix_product(Warp& w, u32 on, const u32* o) {
    whole(w, on, "mma");
    f32 a[16][16], b[16][8], d[16][8];
    auto halves = [&](int operand, int l) { return w.lanes<Two<T>>(o[operand])[l]; };
    for (int l = 0; l < LANES; l++) {
        int r = l / 4, c = 2 * (l % 4);
        for (int i = 0; i < 4; i++) {
            Two<T> x = halves(4 + i, l);
            a[r + 8 * (i % 2)][c + 8 * (i / 2)] = x.low;
            a[r + 8 * (i % 2)][c + 8 * (i / 2) + 1] = x.high;
            d[r + 8 * (i / 2)][c + i % 2] = w.lanes<f32>(o[10 + i])[l];
        }
        for (int i = 0; i < 2; i++) {
            Two<T> x = halves(8 + i, l);
            b[c + 8 * i][r] = x.low;
            b[c + 8 * i + 1][r] = x.high;
        }
    }
    for (int r = 0; r < 16; r++)
        for (int k = 0; k < 16; k++)
            for (int c = 0; c < 8; c++) d[r][c] += a[r][k] * b[k][c];
    for (int l = 0; l < LANES; l++)
        for (int i = 0; i < 4; i++)
            w.lanes<f32>(o[i])[l] = d[l / 4 + 8 * (i / 2)][2 * (l % 4) + i % 2];
}

// ---- where to go on

void go(Warp& w, u32 on, int step) {
    each(on, [&](int l) { w.at[l] = step; });
}
void branch(Warp& w, u32 on, const u32* o) { go(w, on, o[0]); }
void leave(Warp& w, u32 on, const u32*) { go(w, on, DONE); }
void wait(Warp& w, u32 on, const u32*) { go(w, on, w.next | WAITING); }
void refuse(Warp& w, u32 on, const u32*) {
    if (on) fail(w.block, "trap, or an assertion that failed", w.first + __builtin_ctz(on));
    go(w, on, DONE);
}
void nothing(Warp&, u32, const u32*) {}

// ---- the table

template <class T>
void arithmetic(Table& t) {
    std::string n = "." + name<T>();
    t["add" + n] = two<T, add<T>>, t["sub" + n] = two<T, sub<T>>;
    t["mul" + n] = two<T, mul<T>>, t["mad" + n] = three<T, mad<T>>;
    t["div" + n] = two<T, div_<T>>, t["neg" + n] = one<T, T, neg<T>>;
    t["min" + n] = two<T, min_<T>>, t["max" + n] = two<T, max_<T>>;
    t["setp.eq" + n] = compare<T, eq<T>>, t["setp.ne" + n] = compare<T, ne<T>>;
    t["setp.lt" + n] = compare<T, lt<T>>, t["setp.le" + n] = compare<T, le<T>>;
    t["setp.gt" + n] = compare<T, gt<T>>, t["setp.ge" + n] = compare<T, ge<T>>;
}

template <class T>
void whole_numbers(Table& t) {
    arithmetic<T>(t);
    std::string n = "." + name<T>();
    t["rem" + n] = two<T, rem_<T>>, t["shr" + n] = shift<T, false>;
    t["abs" + n] = one<T, T, abs_<T>>;
}

template <class T>
void any_bits(Table& t) {
    std::string n = ".b" + std::to_string(8 * sizeof(T));
    t["and" + n] = two<T, and_<T>>, t["or" + n] = two<T, or_<T>>;
    t["xor" + n] = two<T, xor_<T>>, t["not" + n] = one<T, T, not_<T>>;
    t["mov" + n] = one<T, T, same<T>>, t["selp" + n] = select<T>;
    t["shl" + n] = shift<T, true>;
}

template <class To, class From>
void conversion(Table& t) {
    t["cvt." + name<To>() + "." + name<From>()] = one<To, From, cvt<To, From>>;
}

template <Space SPACE, class Held, class T, int COUNT>
void moves(Table& t, const std::string& space) {
    std::string n = space + "." + std::to_string(8 * sizeof(T)) + ".v" + std::to_string(COUNT);
    n += std::is_signed<T>::value ? ".s" : "";
    n += "." + std::to_string(8 * sizeof(Held));
    t["ld" + n] = move<SPACE, Held, T, COUNT, true>;
    t["st" + n] = move<SPACE, Held, T, COUNT, false>;
}

template <Space SPACE>
void space(Table& t, const std::string& n) {
    moves<SPACE, u16, u8, 1>(t, n), moves<SPACE, u32, u8, 1>(t, n);
    moves<SPACE, u16, u16, 1>(t, n), moves<SPACE, u16, u16, 2>(t, n);
    moves<SPACE, u16, u16, 4>(t, n), moves<SPACE, u32, u16, 1>(t, n);
    moves<SPACE, u32, u32, 1>(t, n), moves<SPACE, u32, u32, 2>(t, n);
    moves<SPACE, u32, u32, 4>(t, n), moves<SPACE, u64, u16, 1>(t, n);
    moves<SPACE, u64, u32, 1>(t, n);
    moves<SPACE, u64, s32, 1>(t, n), moves<SPACE, u64, u64, 1>(t, n);
    moves<SPACE, u64, u64, 2>(t, n);
}

Table make() {
    Table t;
    whole_numbers<u16>(t), whole_numbers<u32>(t), whole_numbers<s32>(t);
    whole_numbers<u64>(t), whole_numbers<s64>(t), arithmetic<f32>(t);
    any_bits<u16>(t), any_bits<u32>(t), any_bits<u64>(t);
    t["mul.hi.u32"] = two<u32, high<u32>>, t["mul.hi.s32"] = two<s32, high<s32>>;
    t["mul.hi.u64"] = two<u64, high<u64>>, t["mul.hi.s64"] = two<s64, high<s64>>;
    t["mul.wide.u32"] = mul_wide<u64, u32>, t["mul.wide.s32"] = mul_wide<s64, s32>;
    t["abs.f32"] = one<f32, f32, abs_f>, t["copysign.f32"] = two<f32, copysign_>;
    t["ex2.f32"] = one<f32, f32, exp2_>, t["lg2.f32"] = one<f32, f32, log2_>;
    t["rcp.f32"] = one<f32, f32, rcp>, t["rsqrt.f32"] = one<f32, f32, rsqrt>;
    t["fma.f32"] = three<f32, fma_>, t["fma.bf16"] = three<bf16, fma_>;
    t["fma.bf16x2"] = three<Two<bf16>, fma_>;
    t["add.f16"] = two<f16, add<f16>>, t["mul.f16"] = two<f16, mul<f16>>;
    t["add.f16x2"] = two<Two<f16>, add_two>;
    t["setp.equ.f32"] = compare<f32, unordered<f32, eq<f32>>>;
    t["setp.leu.f32"] = compare<f32, unordered<f32, le<f32>>>;
    t["and.pred"] = logic<and_<u32>>, t["or.pred"] = logic<or_<u32>>;
    t["xor.pred"] = logic<xor_<u32>>, t["not.pred"] = logic_not, t["mov.pred"] = logic_mov;
    conversion<f32, bf16>(t), conversion<bf16, f32>(t), conversion<f32, f16>(t);
    conversion<f16, f32>(t), conversion<f32, s32>(t), conversion<f32, u64>(t);
    conversion<s64, s32>(t), conversion<u64, u32>(t), conversion<u64, u16>(t);
    conversion<u32, u64>(t), conversion<u32, u16>(t), conversion<u16, u32>(t);
    conversion<u16, u64>(t);
    t["cvt.bf16x2.f32"] = cvt_two<bf16>, t["cvt.f16x2.f32"] = cvt_two<f16>;
    t["pack.b32"] = pack<u16>, t["pack.b64"] = pack<u32>;
    t["unpack.b32"] = unpack<u16>, t["unpack.b64"] = unpack<u32>;
    space<GLOBAL>(t, ""), space<SHARED>(t, ".shared");
    space<LOCAL>(t, ".local"), space<PARAMETER>(t, ".param");
    t["cp.async"] = copy_async;
    t["cvta.global"] = one<u64, u64, same<u64>>;
    t["cvta.local"] = address<true, true>, t["cvta.param"] = address<false, true>;
    t["shfl.bfly"] = shuffle<XOR>, t["shfl.idx"] = shuffle<INDEX>;
    t["ldmatrix"] = load_matrices<false>, t["ldmatrix.trans"] = load_matrices<true>;
    t["mma.bf16"] = matrix_product<bf16>, t["mma.f16"] = matrix_product<f16>;
    t["bra"] = branch, t["exit"] = leave, t["bar"] = wait;
    t["trap"] = refuse, t["nothing"] = nothing;
    return t;
}

}  // namespace

const std::map<std::string, Step>& steps() {
    static const Table table = make();
    return table;
}
