/* SPDX-License-Identifier: MIT */
/* The core as the first process of a guest. */
#ifndef GUEST_H
#define GUEST_H

/* The name under which it is that. */
#define GUEST_INIT "/guest"

/* Obeys the host until it ends the guest; returns an exit code only where it is no first process. */
int guest_main(void);

#endif
