// Kernels are read, and run: blocks side by side, the warps of a block in turn.
#include "kernel.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <sstream>
#include <thread>

using std::string;
using std::vector;

static Order read_order(std::istringstream& line) {
    Order order{};
    string name, guard, flags;
    line >> name >> guard >> flags;
    auto found = steps().find(name);
    if (found == steps().end()) {
        fprintf(stderr, "emulator: expected a known instruction, found %s\n", name.c_str());
        _Exit(1);
    }
    order.run = found->second;
    order.guarded = guard != "-";
    if (order.guarded) order.guard = std::stoul(guard);
    order.negated = flags.find('!') != string::npos;
    order.ends = flags.find('e') != string::npos;
    order.together = flags.find('t') != string::npos;
    for (long operand; line >> operand;) order.operands.push_back(uint32_t(operand));
    return order;
}

std::map<string, std::unique_ptr<Kernel>> read_kernels(const char* text) {
    std::map<string, std::unique_ptr<Kernel>> kernels;
    std::istringstream lines(text);
    Kernel* k = nullptr;
    for (string row, what; std::getline(lines, row);) {
        std::istringstream line(row);
        line >> what;
        if (what == "kernel") {
            auto made = std::make_unique<Kernel>();
            line >> made->name >> made->most_threads;
            line >> made->shared >> made->local >> made->registers;
            k = made.get();
            kernels[made->name] = std::move(made);
        } else if (!k) {
            return kernels;
        } else if (what == "parameter") {
            std::pair<uint32_t, uint32_t> p;
            line >> p.first >> p.second;
            k->parameters.push_back(p);
        } else if (what == "given") {
            Given given{};
            line >> given.place >> given.bits >> given.what >> given.value;
            k->given.push_back(given);
        } else {
            k->orders.push_back(read_order(line));
        }
    }
    return kernels;
}

static uint64_t where(const Warp& w, int lane, const Given& given) {
    const Block& b = w.block;
    uint32_t thread = w.first + lane;
    const string& what = given.what;
    if (what == "constant") return given.value;
    if (what == "laneid") return lane;
    if (what == "local") return uint64_t(thread) * given.value;
    auto of = [&](Size s) { return what.back() == 'x' ? s.x : what.back() == 'y' ? s.y : s.z; };
    string which = what.substr(0, what.find('.'));
    if (which == "ntid") return of(b.threads);
    if (which == "ctaid") return of(b.at);
    if (which == "nctaid") return of(b.grid);
    uint32_t x = b.threads.x, y = b.threads.y;
    return of({thread % x, thread / x % y, thread / x / y});
}

static void give(Warp& w, const Given& given) {
    if (given.bits == 1) {
        w.mask(given.place) = given.value ? ALL : 0;
        return;
    }
    for (int l = 0; l < LANES; l++) {
        uint64_t value = where(w, l, given);
        memcpy(w.registers.data() + given.place + l * given.bits / 8, &value, given.bits / 8);
    }
}

template <class F>
static uint32_t which(const Warp& w, F is) {
    uint32_t found = 0;
    for (int l = 0; l < LANES; l++) found |= uint32_t(is(w.at[l])) << l;
    return found;
}

static void send(Warp& w, uint32_t on, int step) {
    for (; on; on &= on - 1) w.at[__builtin_ctz(on)] = step;
}

// Until each lane waits at a barrier or is done. Those that are furthest behind go on,
// so that lanes that parted meet again.
static void run(Warp& w, const Kernel& k) {
    for (;;) {
        int at = *std::min_element(w.at, w.at + LANES);
        if (at >= WAITING) return;
        bool last = at & HELD;
        at &= ~HELD;
        uint32_t on = which(w, [=](int a) { return a == at; });
        if (k.orders[at].together) {
            on |= which(w, [=](int a) { return a == (at | HELD); });
            uint32_t missing = which(w, [](int a) { return a != DONE; }) & ~on;
            if (missing && !last) {
                send(w, on, at | HELD);
                continue;
            }
            if (missing) fail(w.block, "lanes do not come to what all must do", w.first);
        }
        for (bool ended = false; !ended; at++) {
            const Order& order = k.orders[at];
            ended = order.ends;
            w.next = at + 1;
            if (ended) send(w, on, w.next);
            uint32_t now = on;
            if (order.guarded) {
                uint32_t guard = w.mask(order.guard);
                now &= order.negated ? ~guard : guard;
            }
            if (now) order.run(w, now, order.operands.data());
        }
    }
}

// Whether some thread of the block goes on after the barrier; those that are done are
// not waited for.
static bool pass_barrier(vector<Warp>& warps) {
    bool live = false;
    for (Warp& w : warps)
        for (int& a : w.at)
            if (a != DONE) a &= ~WAITING, live = true;
    return live;
}

static void run_block(vector<Warp>& warps, const Kernel& k) {
    static const bool reverse = getenv("EMULATOR_STRICT") != nullptr;
    Block& block = warps[0].block;
    // What nobody has written is no number.
    std::fill(block.shared.begin(), block.shared.end(), '\xff');
    std::fill(block.local.begin(), block.local.end(), '\xff');
    for (Warp& w : warps) {
        for (const Given& given : k.given)
            if (given.what != "constant") give(w, given);
        for (int l = 0; l < LANES; l++)
            w.at[l] = w.first + l < block.threads.all() ? 0 : DONE;
    }
    do {
        if (reverse) std::for_each(warps.rbegin(), warps.rend(), [&](Warp& w) { run(w, k); });
        else std::for_each(warps.begin(), warps.end(), [&](Warp& w) { run(w, k); });
    } while (pass_barrier(warps));
}

void Kernel::launch(Size grid, Size threads, uint64_t shared_more,
                    const vector<char>& values,
                    const std::map<uint64_t, Piece>& memory) const {
    std::atomic<uint64_t> next{0};
    auto work = [&] {
        Block block{name.c_str(), grid, threads, {}, memory, values,
                    vector<char>(shared + shared_more),
                    vector<char>(local * (threads.all() + LANES)), local};
        vector<Warp> warps;
        for (uint32_t first = 0; first < threads.all(); first += LANES)
            warps.push_back({block, first, {}, 0, vector<char>(registers, '\xff')});
        for (Warp& w : warps)
            for (const Given& value : given)
                if (value.what == "constant") give(w, value);
        for (uint64_t i; (i = next++) < grid.all();) {
            block.at = {uint32_t(i % grid.x), uint32_t(i / grid.x % grid.y),
                        uint32_t(i / grid.x / grid.y)};
            run_block(warps, *this);
        }
    };
    uint64_t most = std::thread::hardware_concurrency();
    vector<std::thread> others;
    for (uint64_t i = 1; i < std::min(most, grid.all()); i++) others.emplace_back(work);
    work();
    for (auto& other : others) other.join();
}
