// What is in the folder certificates: it is compiled into the firmware, as it stands.

import Resource from "Resource";

/** PEM text of a file; undefined: there is none. */
export const file = (name: string): string | undefined =>
	Resource.exists(name) ? String.fromArrayBuffer(new Resource(name).slice(0)) : undefined;
