// SPDX-License-Identifier: MIT
#include "verb/digits.h"

#include <math.h>
#include <stdio.h>

void print_measured(double number, double step)
{
	int digits;

	if (!(number > 0)) {
		printf("0");
		return;
	}
	/* Behind the first digit. */
	digits = (int)ceil(floor(log10(number)) - log10(step));
	printf("%.*e", digits < 0 ? 0 : digits, number);
}
