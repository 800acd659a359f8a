/* SPDX-License-Identifier: MIT */
/* The two common shapes of an attempt: something is read out, or something is written in. */
#ifndef READ_WRITE_H
#define READ_WRITE_H

#include "attempt/attempt.h"

/* Plant, let way->read() get it, and search what it got. */
enum outcome try_reading(struct attempt *attempt);
/* Let way->write() put the marker into a region without it, and look. */
enum outcome try_writing(struct attempt *attempt);

#endif
