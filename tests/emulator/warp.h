// A warp: 32 lanes that step together, and the memory that they see.
#pragma once
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

constexpr int LANES = 32;
constexpr uint32_t ALL = ~0u;

struct Size {
    uint32_t x, y, z;
    uint64_t all() const { return uint64_t(x) * y * z; }
};

// A piece of the device's memory.
struct Piece {
    uint64_t from, size;
    bool has(uint64_t address, uint64_t bytes) const {
        return address - from < size && bytes <= size - (address - from);
    }
};

// What a block's threads have in common.
struct Block {
    const char* kernel;
    Size grid, threads, at;
    const std::map<uint64_t, Piece>& memory;  // by where pieces begin
    std::vector<char> parameters, shared, local;
    uint64_t local_size;  // of a thread
    Piece seen[16] = {};  // what instructions found last
};

// Where lanes stand that do not run: behind all steps.
constexpr int DONE = INT32_MAX, WAITING = 1 << 30, HELD = 1 << 29;

struct Warp {
    Block& block;
    uint32_t first;                // the number of its first thread
    int at[LANES];                 // the next step of each lane
    int next;                      // the step after the present one
    std::vector<char> registers;   // 32 values each, one after another

    template <class T>
    T* lanes(uint32_t place) {
        return reinterpret_cast<T*>(registers.data() + place);
    }
    uint32_t& mask(uint32_t place) { return *lanes<uint32_t>(place); }
};

// A step does one instruction for the lanes that are on.
using Step = void (*)(Warp&, uint32_t on, const uint32_t* operands);
const std::map<std::string, Step>& steps();

// Says what went wrong, and where, and ends the process.
[[noreturn]] void fail(const Block&, const std::string& what, uint32_t thread);
