// The SDK's typings do not have it, nor those on npm.

declare module "logical" {
	const Logical: {
		/** XORs all of `bytes` with those of `mask` in turn, in place. */
		xor(bytes: Uint8Array, mask: Uint8Array | ArrayBuffer): void;
	};
	export default Logical;
}
