// Readings that are commands to the app on the board.

export const CLOSE = -1;
/** Publishes nothing, retained. */
export const CLEAR = -2;
