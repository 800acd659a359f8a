/* SPDX-License-Identifier: MIT */
/* What the core's exit code says; 0 is well. */
#ifndef EXIT_CODE_H
#define EXIT_CODE_H

enum {
	EXIT_FAILED = 1,       /* a run or a check failed */
	EXIT_USAGE = 2,	       /* the words on the command line are wrong */
	EXIT_UNSUPPORTED = 77, /* this machine cannot do it */
};

#endif
