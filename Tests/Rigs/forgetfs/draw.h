#ifndef FORGETFS_DRAW_H
#define FORGETFS_DRAW_H

#include <stdbool.h>
#include <stdint.h>

/// A seeded draw: the same words give the same number, whatever was drawn before, so that the order of looking at things doesn't matter.
uint64_t draw(uint64_t seed, uint64_t what, uint64_t which, uint64_t part);

/// True `chances` times out of 64.
bool draw_chance(uint64_t number, unsigned chances);

#endif
