// A kernel as `translate.py` writes it, and its run over a grid.
#pragma once
#include <memory>

#include "warp.h"

struct Order {
    Step run;
    uint32_t guard;              // the mask that chooses lanes, if any
    bool guarded, negated;
    bool ends;                   // the next order may be another lane's first
    bool together;               // all lanes of the warp must come to it
    std::vector<uint32_t> operands;
};

// A value that lanes begin with: a constant, or where they are (`tid.x` …).
struct Given {
    uint32_t place, bits;
    std::string what;
    uint64_t value;
};

struct Kernel {
    std::string name;
    std::vector<std::pair<uint32_t, uint32_t>> parameters;  // where, how many bytes
    uint64_t shared, local, registers;
    uint64_t most_threads;  // in a block, as it was compiled
    std::vector<Given> given;
    std::vector<Order> orders;

    // `shared_more`: bytes of shared memory beyond the kernel's own; `memory`: what of
    // the device's there is.
    void launch(Size grid, Size threads, uint64_t shared_more,
                const std::vector<char>& parameters,
                const std::map<uint64_t, Piece>& memory) const;
};

// The kernels of a translated module by name; empty if this is none.
std::map<std::string, std::unique_ptr<Kernel>> read_kernels(const char* text);
