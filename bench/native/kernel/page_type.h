/* SPDX-License-Identifier: MIT */
/* Memory by how movable it is, from /proc/pagetypeinfo, which root alone may read. */
#ifndef PAGE_TYPE_H
#define PAGE_TYPE_H

/* Free pages in unmovable blocks; -1 where that cannot be read. */
long long free_unmovable_pages(void);
/*
 * Of these, pages in pieces so small that they are not what a claim of a block leaves: others gave
 * them back, and the allocator takes them before anything of a whole block.
 */
long long free_unmovable_crumbs(void);
/* Blocks of the type that unmovable memory is taken from; -1 where that cannot be read. */
long long unmovable_blocks(void);

#endif
