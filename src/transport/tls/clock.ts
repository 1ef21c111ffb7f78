// Whether dates can be judged. Apart from the dialer, because who reads Date pays 9 KB of an ESP8266's flash for it.

const enum Clock {
	/** The beginning of 2026, in milliseconds since 1970. */
	EARLIEST = 1_767_225_600_000,
}

/** Whether the clock can be right: one that was never set begins in 1970, or when the firmware was built. */
export const isClockSet = (): boolean => Date.now() > Clock.EARLIEST;
