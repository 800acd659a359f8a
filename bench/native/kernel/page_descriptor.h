/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own descriptor of a page frame (struct page), read by a BPF program. Where
 * the array of them begins is found by value: the descriptor of a page of this process holds the
 * number of the page in its address space. Words of it that are used here have kept their place
 * since 5.14: 0 the flags, 1 and 2 the links of a list, 3 the file, 5 the order of a free piece, 6
 * how many hold it.
 */
#ifndef PAGE_DESCRIPTOR_H
#define PAGE_DESCRIPTOR_H

#include <stdint.h>

#define DESCRIPTOR_WORDS 8u

/* Find the array, once in a process: 0, or -1 with errno. */
int page_descriptor_find(void);
/* Descriptors are read some at a time: those read before this call are not used any more. */
void page_descriptor_forget(void);
/* The words of a frame's descriptor, until the next call; NULL where they cannot be read. */
const uint64_t *page_descriptor_words(uint64_t frame);
/* The frame whose descriptor the address lies in; UINT64_MAX where it lies in none. */
uint64_t page_descriptor_frame(uint64_t address);

#endif
