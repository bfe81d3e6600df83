// SPDX-License-Identifier: MIT
//
// call_graph.c - not there yet.
struct region;
