/* SPDX-License-Identifier: MIT */
/* What is proved of the two sets. See testbed.h. */
#ifndef PROOF_H
#define PROOF_H

struct run;
struct testbed;

/* Look at every page again and note the shares; 0, or -1 with run->failure where they are wrong. */
int sets_prove(struct run *run, struct testbed *testbed);

#endif
