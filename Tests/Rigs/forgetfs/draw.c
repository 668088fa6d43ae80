#include "draw.h"

/// splitmix64's finaliser: every bit of the input reaches every bit of the output.
static uint64_t mix(uint64_t value) {
    value += 0x9E3779B97F4A7C15u;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

uint64_t draw(uint64_t seed, uint64_t what, uint64_t which, uint64_t part) {
    return mix(mix(mix(mix(seed) ^ what) ^ which) ^ part);
}

bool draw_chance(uint64_t number, unsigned chances) {
    return (number >> 58) < chances;
}
