// The numbers of MQTT 3.1.1. Knows nothing but the specification.

/** Control packet types (section 2.2.1). */
export const CONNECT = 1;
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBSCRIBE = 8;
export const SUBACK = 9;
export const UNSUBSCRIBE = 10;
export const UNSUBACK = 11;
export const PINGREQ = 12;
export const PINGRESP = 13;
export const DISCONNECT = 14;

/** Return code of SUBACK for a refused filter (section 3.9.3). */
export const SUBSCRIPTION_REFUSED = 0x80;

/** Largest remaining length: four bytes of seven bits (section 2.2.3). */
export const MAX_REMAINING_LENGTH = 268_435_455;

/** Largest encoded string or binary field, in bytes (section 1.5.3). */
export const MAX_FIELD = 65_535;

export type QoS = 0 | 1 | 2;
