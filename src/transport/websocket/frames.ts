// Views of packets that are sent, with room for a frame's header in front. Knows views; no rules, no stream.

import { Head, Length } from "./protocol.js";

/**
 * A packet stands behind Frame.HEADROOM bytes that a frame's header may use. A client sends from two views again and again,
 * in one buffer that is short meanwhile: the window, which ends where the buffer does, and one of fixed length. Their frames
 * are made once. Others, as CONNECT, are sent once, and get a view of their own.
 */
export class Frames {
	/** The view that ends with its buffer, and that one with a header in front. */
	window: Uint8Array | undefined = undefined;
	short: Uint8Array | undefined = undefined;
	/** The mask in front of it, and the same as one number: the window is aligned. */
	mask: Uint8Array | undefined = undefined;
	key: Int32Array | undefined = undefined;
	private medium: Uint8Array | undefined = undefined;
	/** The other one. */
	private fixed: Uint8Array | undefined = undefined;
	private framed: Uint8Array | undefined = undefined;
	/**
	 * `view`, of `length` bytes, with a header in front.
	 * @param fresh its buffer is never short, and it is a new view each time
	 */
	around(view: Uint8Array, length: number, fresh: boolean): Uint8Array {
		if (view === this.fixed) return this.framed!;
		if (view !== this.window) {
			const { buffer } = view;
			if (fresh || !(buffer as ArrayBuffer).resizable) {
				const head = length > Length.SHORT ? Head.MEDIUM : Head.SHORT;
				return new Uint8Array(buffer, view.byteOffset - head, length + head);
			}
			this.remember(view, buffer as ArrayBuffer);
			if (view === this.fixed) return this.framed!;
		}
		return length > Length.SHORT ? this.medium! : this.short!;
	}

	/** Makes its frames. As that may start a collection, the buffer has to have its full length; it is short again then. */
	private remember(view: Uint8Array, buffer: ArrayBuffer): void {
		const { byteOffset } = view;
		const size = buffer.byteLength;
		buffer.resize(buffer.maxByteLength);
		const { length } = view;
		if (byteOffset + length === buffer.byteLength) {
			this.window = view;
			this.short = new Uint8Array(buffer, byteOffset - Head.SHORT);
			this.mask = new Uint8Array(buffer, byteOffset - Head.MASK, Head.MASK);
			this.key = new Int32Array(buffer, byteOffset - Head.MASK, 1);
			this.medium = new Uint8Array(buffer, byteOffset - Head.MEDIUM);
		} else {
			this.fixed = view;
			this.framed = new Uint8Array(buffer, byteOffset - Head.SHORT, length + Head.SHORT);
		}
		buffer.resize(size);
	}
}
