// Module-level state of every kind.

export const typed = new Uint8Array(1);
export const buffer = new ArrayBuffer(2, { maxByteLength: 2 });
export const view = new DataView(new ArrayBuffer(1));
export const map = new Map<string, number>();
export const set = new Set<number>();
export const object = { a: 1 };
export const array: number[] = [];

export class Class {
	static field = 1;
	value = 1;
}

let counter = 0;
export function increment(): void {
	counter++;
	if (counter !== 1) throw new Error("not incremented");
}
