// Readings that are commands to the firmware for the host's own tests.

export const OPEN = 1;
export const READ_TWO = 2;
export const READ_ALL = 3;
export const READ_MORE = 4;
export const READ_EMPTY = 5;
export const WRITE = 6;
export const WRITE_TOO_MUCH = 7;
export const WRITE_TINY = 8;
export const CLOSE = 9;
