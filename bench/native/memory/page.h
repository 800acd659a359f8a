/* SPDX-License-Identifier: MIT */
/* Pages: their sizes on this machine, and room of whole ones. */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

/* Bytes of a base page. */
size_t base_bytes(void);
/* Bytes of a page that one entry of the second level maps (PMD): 2 MiB where nothing says otherwise. */
size_t huge_bytes(void);
/* Whole zeroed pages for so many bytes, aligned; NULL where there are none. For free(). */
char *pages_zeroed(size_t len_bytes);

#endif
