// SPDX-License-Identifier: MIT
//
// analysis.c - not there yet.
struct region;
