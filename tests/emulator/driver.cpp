// A CUDA driver whose device is this computer's CPU: what MAX asks of libcuda.so.1.
//
// Memory of the device is memory of this process, and everything is done at once, so
// streams and events have nothing to wait for. A module is what `translate.py` made of
// PTX. As in CUDA's own headers, errors are numbers, and 0 is none.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "driver.h"
#include "kernel.h"

using u32 = uint32_t;
using u64 = uint64_t;

namespace {

enum { INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_IMAGE = 200, NOT_FOUND = 500 };
enum { NOT_SUPPORTED = 801 };
constexpr u64 MEMORY = u64(3) << 30;
constexpr u64 SHARED_MEMORY = 166912;
constexpr int MOST_DEVICES = 4, HOST = -1;

// A context is its device's number.
int devices[MOST_DEVICES] = {0, 1, 2, 3};
thread_local int* current = devices;
thread_local std::vector<int*> before;

struct Owned {
    Piece piece;
    int device;
};

std::mutex pieces_known, one_work_at_once;
std::map<u64, Owned> pieces;  // by where they begin
u64 in_use[MOST_DEVICES] = {};

void* allocate(u64 size, int device) {
    std::lock_guard guard(pieces_known);
    if (device != HOST && in_use[device] + size > MEMORY) return nullptr;
    void* begin = aligned_alloc(512, (size + 1023) / 512 * 512);
    if (!begin) return nullptr;
    memset(begin, 0xff, size);  // no number, until somebody writes one
    pieces[u64(begin)] = {{u64(begin), size}, device};
    if (device != HOST) in_use[device] += size;
    return begin;
}

void give_back(u64 address) {
    std::lock_guard guard(pieces_known);
    auto found = pieces.find(address);
    if (found == pieces.end()) return;
    if (found->second.device != HOST) in_use[found->second.device] -= found->second.piece.size;
    pieces.erase(found);
    free(reinterpret_cast<void*>(address));
}

using Work = std::function<void()>;

struct Graph {
    std::vector<Work> works;
};

struct Stream {
    int device;
    Graph* captured = nullptr;
};

Stream* stream(void* given) {
    static Stream usual[MOST_DEVICES] = {{0}, {1}, {2}, {3}};
    // CUDA's names for a thread's own stream and the old one are 1 and 2.
    return u64(given) > 2 ? static_cast<Stream*>(given) : &usual[*current];
}

int copy(void* to_stream, u64 to, u64 from, u64 size) {
    return enqueue(to_stream, [=] { memcpy((void*)to, (const void*)from, size); });
}

template <class T>
int fill(void* to_stream, u64 to, T value, u64 count) {
    return enqueue(to_stream, [=] { std::fill_n(reinterpret_cast<T*>(to), count, value); });
}

using Module = std::map<std::string, std::unique_ptr<Kernel>>;

bool too_large(const Kernel& k, Size grid, Size threads, u64 shared) {
    if (!grid.all() || !threads.all() || grid.y > 65535 || grid.z > 65535) return true;
    return threads.all() > k.most_threads || threads.z > 64 || k.shared + shared > SHARED_MEMORY;
}

int launch(const Kernel* kernel, Size grid, Size threads, u32 shared, void* to, void** given) {
    if (too_large(*kernel, grid, threads, shared)) return INVALID_VALUE;
    std::vector<char> values;
    for (auto [place, size] : kernel->parameters) {
        values.resize(std::max<size_t>(values.size(), place + size));
        memcpy(&values[place], *given++, size);
    }
    return enqueue(to, [=] { kernel->launch(grid, threads, shared, values, memory_of(to)); });
}

}  // namespace

int enqueue(void* to, Work work) {
    if (Graph* graph = stream(to)->captured) {
        graph->works.push_back(work);
        return 0;
    }
    std::lock_guard guard(one_work_at_once);
    return work(), 0;
}

std::map<u64, Piece> memory_of(void* of) {
    std::lock_guard guard(pieces_known);
    std::map<u64, Piece> found;
    for (auto& [begin, owned] : pieces)
        if (owned.device == HOST || owned.device == stream(of)->device) found[begin] = owned.piece;
    return found;
}

void fail(const Block& b, const std::string& what, u32 thread) {
    fprintf(stderr, "emulator: %s: %s; block %u,%u,%u of %u,%u,%u, thread %u of %u,%u,%u\n",
            b.kernel, what.c_str(), b.at.x, b.at.y, b.at.z, b.grid.x, b.grid.y, b.grid.z, thread,
            b.threads.x, b.threads.y, b.threads.z);
    fflush(stderr);
    _Exit(1);
}

// ---- the device: an A100 or, of architecture 90, an H100, as far as MAX asks

int architecture() {
    const char* asked = getenv("EMULATOR_ARCHITECTURE");
    return asked ? atoi(asked) : 80;
}

API cuInit(u32) { return 0; }
API cuDriverGetVersion(int* version) { return *version = 13000, 0; }
API cuDeviceGetCount(int* count) {
    const char* asked = getenv("EMULATOR_DEVICES");
    return *count = asked ? std::min(atoi(asked), MOST_DEVICES) : 1, 0;
}
API cuDeviceGet(int* device, int number) { return *device = number, 0; }
API cuDeviceGetName(char* name, int size, int) {
    const char* card = architecture() >= 90 ? "H100 80GB HBM3" : "A100-SXM4-40GB";
    return snprintf(name, size, "NVIDIA %s (emulated)", card), 0;
}
API cuDeviceGetAttribute(int* value, int attribute, int) {
    // By their numbers in CUDA: threads a block and its sizes, blocks a grid, shared
    // memory, lanes, registers, clocks, processors, the architecture.
    static const std::map<int, int> known{
        {1, 1024},   {2, 1024},       {3, 1024},     {4, 64},      {5, INT32_MAX}, {6, 65535},
        {7, 65535},  {8, 49152},      {9, 65536},    {10, LANES},  {12, 65536},    {13, 1410000},
        {16, 108},   {36, 1215000},   {37, 5120},    {38, 40 << 20}, {39, 2048},   {41, 1},
        {81, 167936}, {82, 65536},    {83, 1},       {95, 1},      {97, 166912},   {106, 32},
        {111, 1024}, {75, architecture() / 10},      {76, architecture() % 10},
    };
    auto found = known.find(attribute);
    return *value = found == known.end() ? 0 : found->second, 0;
}
API cuDeviceGetGraphMemAttribute(int, int, u64* value) { return *value = 0, 0; }
API cuDeviceCanAccessPeer(int* can, int, int) { return *can = 0, 0; }
API cuGetErrorName(int error, const char** name) {
    static thread_local char text[32];
    snprintf(text, sizeof text, "CUDA error %d", error);
    return *name = text, 0;
}
API cuGetErrorString(int error, const char** text) { return cuGetErrorName(error, text); }

// ---- contexts: a device has one

API cuDevicePrimaryCtxRetain(int** context, int device) { return *context = &devices[device], 0; }
API cuDevicePrimaryCtxRelease_v2(int) { return 0; }
API cuCtxCreate_v2(int** context, u32, int device) {
    return *context = current = &devices[device], 0;
}
API cuCtxDestroy(int*) { return 0; }
API cuCtxGetCurrent(int** context) { return *context = current, 0; }
API cuCtxSetCurrent(int* context) { return current = context ? context : devices, 0; }
API cuCtxPushCurrent(int* context) { return before.push_back(current), current = context, 0; }
API cuCtxPopCurrent(int** context) {
    if (context) *context = current;
    if (before.empty()) return INVALID_VALUE;
    current = before.back();
    return before.pop_back(), 0;
}
API cuCtxGetDevice(int* device) { return *device = *current, 0; }
API cuCtxGetStreamPriorityRange(int* least, int* most) { return *least = *most = 0; }

// ---- memory

API cuMemGetInfo_v2(u64* free, u64* total) {
    return *total = MEMORY, *free = MEMORY - in_use[*current], 0;
}
API cuMemAlloc_v2(u64* address, u64 size) {
    *address = u64(allocate(size, *current));
    return *address ? 0 : OUT_OF_MEMORY;
}
API cuMemAllocAsync(u64* address, u64 size, void*) { return cuMemAlloc_v2(address, size); }
API cuMemFree_v2(u64 address) { return give_back(address), 0; }
API cuMemFreeAsync(u64 address, void*) { return give_back(address), 0; }
API cuMemHostAlloc(void** address, u64 size, u32) {
    *address = allocate(size, HOST);
    return *address ? 0 : OUT_OF_MEMORY;
}
API cuMemAllocHost_v2(void** address, u64 size) { return cuMemHostAlloc(address, size, 0); }
API cuMemFreeHost(void* address) { return give_back(u64(address)), 0; }
API cuMemGetAddressRange_v2(u64* from, u64* size, u64 address) {
    std::lock_guard guard(pieces_known);
    auto next = pieces.upper_bound(address);
    if (next == pieces.begin() || !std::prev(next)->second.piece.has(address, 1))
        return INVALID_VALUE;
    Piece piece = std::prev(next)->second.piece;
    if (from) *from = piece.from;
    if (size) *size = piece.size;
    return 0;
}
API cuPointerGetAttributes(u32, int*, void**, u64) { return INVALID_VALUE; }
API cuMemcpyHtoD_v2(u64 to, u64 from, u64 size) { return copy(nullptr, to, from, size); }
API cuMemcpyDtoH_v2(u64 to, u64 from, u64 size) { return copy(nullptr, to, from, size); }
API cuMemcpyDtoD_v2(u64 to, u64 from, u64 size) { return copy(nullptr, to, from, size); }
API cuMemcpyHtoDAsync_v2(u64 to, u64 from, u64 size, void* s) { return copy(s, to, from, size); }
API cuMemcpyDtoHAsync_v2(u64 to, u64 from, u64 size, void* s) { return copy(s, to, from, size); }
API cuMemcpyDtoDAsync_v2(u64 to, u64 from, u64 size, void* s) { return copy(s, to, from, size); }
API cuMemsetD8_v2(u64 to, uint8_t value, u64 count) { return fill(nullptr, to, value, count); }
API cuMemsetD16_v2(u64 to, uint16_t value, u64 count) { return fill(nullptr, to, value, count); }
API cuMemsetD32_v2(u64 to, u32 value, u64 count) { return fill(nullptr, to, value, count); }
API cuMemsetD8Async(u64 to, uint8_t value, u64 count, void* s) { return fill(s, to, value, count); }
API cuMemsetD16Async(u64 to, uint16_t value, u64 count, void* s) {
    return fill(s, to, value, count);
}
API cuMemsetD32Async(u64 to, u32 value, u64 count, void* s) { return fill(s, to, value, count); }

// ---- kernels

API cuModuleLoadDataEx(Module** module, const char* image, u32, void*, void*) {
    *module = new Module(read_kernels(image));
    return (*module)->empty() ? INVALID_IMAGE : 0;
}
API cuModuleUnload(Module*) { return 0; }  // a captured graph may still have its kernels
API cuModuleGetFunction(const Kernel** kernel, Module* module, const char* name) {
    auto found = module->find(name);
    if (found == module->end()) return NOT_FOUND;
    return *kernel = found->second.get(), 0;
}
API cuFuncGetAttribute(int* value, int, const Kernel*) { return *value = 0, 0; }
API cuFuncSetAttribute(const Kernel*, int, int) { return 0; }
API cuFuncGetParamInfo(const Kernel* kernel, u64 i, u64* place, u64* size) {
    if (i >= kernel->parameters.size()) return INVALID_VALUE;
    *place = kernel->parameters[i].first;
    if (size) *size = kernel->parameters[i].second;
    return 0;
}
API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const Kernel*, int, u64) {
    return *blocks = 1, 0;
}
API cuLaunchKernel(const Kernel* kernel, u32 gx, u32 gy, u32 gz, u32 x, u32 y, u32 z, u32 shared,
                   void* to, void** given, void**) {
    return launch(kernel, {gx, gy, gz}, {x, y, z}, shared, to, given);
}
struct Launch {
    Size grid, threads;
    u32 shared;
    void* stream;
};
API cuLaunchKernelEx(const Launch* how, const Kernel* kernel, void** given, void**) {
    return launch(kernel, how->grid, how->threads, how->shared, how->stream, given);
}
API cuLaunchHostFunc(void* to, void (*function)(void*), void* data) {
    return enqueue(to, [=] { function(data); });
}

// ---- streams and events

API cuStreamCreate(Stream** made, u32) { return *made = new Stream{*current}, 0; }
API cuStreamCreateWithPriority(Stream** made, u32, int) {
    return *made = new Stream{*current}, 0;
}
API cuStreamDestroy(Stream* given) { return delete given, 0; }
API cuStreamSynchronize(void*) { return 0; }
API cuStreamWaitEvent(void*, void*, u32) { return 0; }
API cuEventCreate(void** event, u32) { return *event = new char, 0; }
API cuEventDestroy(char* event) { return delete event, 0; }
API cuEventRecord(void*, void*) { return 0; }
API cuEventQuery(void*) { return 0; }
API cuEventSynchronize(void*) { return 0; }
API cuEventElapsedTime(float* milliseconds, void*, void*) { return *milliseconds = 0, 0; }

// ---- captured graphs

API cuStreamBeginCapture(void* of, int) { return stream(of)->captured = new Graph, 0; }
API cuStreamEndCapture(void* of, Graph** graph) {
    *graph = stream(of)->captured;
    return stream(of)->captured = nullptr, 0;
}
API cuStreamIsCapturing(void* of, int* is) { return *is = stream(of)->captured != nullptr, 0; }
API cuStreamGetCaptureInfo_v2(void* of, int* is, u64* id, Graph** graph, void**, u64* count) {
    cuStreamIsCapturing(of, is);
    if (id) *id = 1;
    if (graph) *graph = stream(of)->captured;
    if (count) *count = 0;
    return 0;
}
API cuGraphInstantiate(Graph** made, Graph* graph, u64) { return *made = new Graph(*graph), 0; }
API cuGraphInstantiateWithFlags(Graph** made, Graph* graph, u64) {
    return *made = new Graph(*graph), 0;
}
API cuGraphInstantiateWithParams(Graph** made, Graph* graph, void*) {
    return *made = new Graph(*graph), 0;
}
API cuGraphLaunch(Graph* graph, void* to) {
    return enqueue(to, [=] {
        for (const Work& work : graph->works) work();
    });
}
API cuGraphExecDestroy(Graph* graph) { return delete graph, 0; }
API cuGraphDestroy(Graph* graph) { return delete graph, 0; }

// ---- what MAX looks for, and our graphs have no use for

#define ABSENT(name) API name() { return NOT_SUPPORTED; }
ABSENT(cuCtxEnablePeerAccess) ABSENT(cuDeviceGetMemPool) ABSENT(cuDeviceGetP2PAttribute)
ABSENT(cuGraphAddChildGraphNode) ABSENT(cuGraphAddEmptyNode) ABSENT(cuGraphAddKernelNode)
ABSENT(cuGraphAddMemcpyNode) ABSENT(cuGraphAddMemsetNode) ABSENT(cuGraphCreate)
ABSENT(cuGraphDebugDotPrint) 
ABSENT(cuGraphKernelNodeSetAttribute) ABSENT(cuMemAddressFree) ABSENT(cuMemAddressReserve)
ABSENT(cuMemCreate) ABSENT(cuMemExportToShareableHandle) ABSENT(cuMemGetAllocationGranularity)
ABSENT(cuMemGetHandleForAddressRange) ABSENT(cuMemHostGetDevicePointer_v2)
ABSENT(cuMemHostRegister_v2) ABSENT(cuMemHostUnregister) ABSENT(cuMemMap)
ABSENT(cuMemPoolSetAccess) ABSENT(cuMemPoolTrimTo) ABSENT(cuMemRelease) ABSENT(cuMemSetAccess)
ABSENT(cuMemUnmap) ABSENT(cuMemcpyBatchAsync) ABSENT(cuMemcpyPeer) ABSENT(cuMemcpyPeerAsync)
ABSENT(cuMemsetD2D32Async) ABSENT(cuMemsetD2D32_v2) ABSENT(cuModuleGetGlobal_v2)
ABSENT(cuMulticastAddDevice) ABSENT(cuMulticastBindMem) ABSENT(cuMulticastCreate)
ABSENT(cuMulticastGetGranularity) ABSENT(cuMulticastUnbind) ABSENT(cuPointerSetAttribute)
ABSENT(cuStreamWaitValue64_v2) ABSENT(cuTensorMapEncodeIm2col) ABSENT(cuTensorMapEncodeTiled)
