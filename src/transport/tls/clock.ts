// Whether dates can be checked. Apart from the dialer, because reading Date costs 9 KB of an ESP8266's flash.

const enum Clock {
	/** The beginning of 2026, in milliseconds since 1970. */
	EARLIEST = 1_767_225_600_000,
}

/** Whether the clock can be right: one that was never set begins in 1970, or when the firmware was built. */
export const isClockSet = (): boolean => Date.now() > Clock.EARLIEST;
