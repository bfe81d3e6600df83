// SPDX-License-Identifier: MIT
//
// call_tree.c - not there yet.
struct region;
