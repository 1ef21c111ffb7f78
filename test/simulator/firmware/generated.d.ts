// What test/simulator writes for its firmware.

declare module "primitives/vectors" {
	/** What to call, with what. */
	export const vectors: readonly (readonly [primitive: string, args: string[]])[];
}
