// The device, as the driver and cuBLAS use it.
#pragma once
#include <functional>

#include "warp.h"

#define API extern "C" __attribute__((visibility("default"))) int

// Do something now, or, on a stream that is captured, whenever its graph is launched.
int enqueue(void* stream, std::function<void()> work);

// What there is of the memory of a stream's device, and of the host's that it sees.
std::map<uint64_t, Piece> memory_of(void* stream);
