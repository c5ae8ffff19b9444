// What MAX asks of libnvidia-ml.so.1: which devices there are.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define API extern "C" __attribute__((visibility("default"))) int

using u32 = uint32_t;
using u64 = uint64_t;

static char device;

static int asked(const char* what, int otherwise) {
    const char* found = getenv(what);
    return found ? atoi(found) : otherwise;
}

API nvmlInit_v2() { return 0; }
API nvmlShutdown() { return 0; }
API nvmlSystemGetDriverVersion(char* text, u32 size) {
    return snprintf(text, size, "580.65.06"), 0;
}
API nvmlDeviceGetCount_v2(u32* count) { return *count = asked("EMULATOR_DEVICES", 1), 0; }
API nvmlDeviceGetHandleByIndex(u32, void** handle) { return *handle = &device, 0; }
API nvmlDeviceGetName(void*, char* name, u32 size) {
    return snprintf(name, size, "NVIDIA (emulated)"), 0;
}
API nvmlDeviceGetCudaComputeCapability(void*, int* major, int* minor) {
    int architecture = asked("EMULATOR_ARCHITECTURE", 80);
    return *major = architecture / 10, *minor = architecture % 10, 0;
}
API nvmlDeviceGetPciInfo_v3(void*, void* info) { return memset(info, 0, 68), 0; }
API nvmlDeviceGetMigMode(void*, u32* now, u32* later) { return *now = *later = 0; }
extern "C" __attribute__((visibility("default"))) const char* nvmlErrorString(int) {
    return "an error of the emulator's";
}
API nvmlDeviceGetMemoryInfo(void*, u64* bytes) {
    bytes[0] = bytes[1] = u64(3) << 30;  // in all, free, in use
    return bytes[2] = 0;
}
API nvmlDeviceGetTotalEccErrors(void*, int, int, u64* count) { return *count = 0, 0; }
API nvmlDeviceGetCurrentClocksThrottleReasons(void*, u64* reasons) { return *reasons = 0, 0; }
API nvmlDeviceGetComputeRunningProcesses_v3(void*, u32* count, void*) { return *count = 0, 0; }
