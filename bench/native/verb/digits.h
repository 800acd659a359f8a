/* SPDX-License-Identifier: MIT */
/* Numbers with the digits that were measured, and no more. */
#ifndef DIGITS_H
#define DIGITS_H

/*
 * Print a number of which one step of the timer is `step`, on stdout: the last digit is the first
 * that is no more than the step, so that no two readings that differ are printed alike.
 */
void print_measured(double number, double step);

#endif
