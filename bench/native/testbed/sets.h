/* SPDX-License-Identifier: MIT */
/* Two sets of a victim's items: one in blocks that a secret page splits, one in whole ones. */
#ifndef SETS_H
#define SETS_H

struct run;
struct testbed;
struct victim;

/* Returns 0, or -1 with run->failure in words. Release in both cases. */
int sets_build(struct run *run, struct testbed *testbed, const struct victim *victim);
/* Both in whole blocks, those of the treatment with holes that are open (victim-dose). */
int sets_age(struct run *run, struct testbed *testbed, const struct victim *victim);
/* Give all back, sets, rings and secret memory. */
void sets_release(struct testbed *testbed);

#endif
