// Amounts as people read them. Knows numbers.

const KB = 1024;
const MB = KB * KB;

/** `512 bytes`, `1180 KB`, `4 MB`. */
export function bytesText(bytes: number): string {
	if (bytes < KB) return `${bytes} bytes`;
	if (bytes >= MB && bytes % MB === 0) return `${bytes / MB} MB`;
	return `${Math.round(bytes / KB)} KB`;
}

/** Bytes and milliseconds as `84 KB/s`. */
export function rateText(bytes: number, milliseconds: number): string {
	return `${Math.round(bytes / KB / (Math.max(milliseconds, 1) / 1000))} KB/s`;
}

/** Milliseconds as `0:08`. */
export function timeText(milliseconds: number): string {
	const seconds = Math.ceil(milliseconds / 1000);
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
