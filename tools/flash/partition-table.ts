// ESP-IDF's partition table, as it lies in flash. Knows its format.

export interface Partition {
	name: string;
	type: number;
	subtype: number;
	address: number;
	size: number;
}

const ENTRY = 32;
const MAGIC = 0x50aa;
const MOST_ENTRIES = 95;
const APP = 0;
const FACTORY = 0x00;
const OTA_0 = 0x10;
const DATA = 1;
const OTA_DATA = 0x00;

/** Undefined for what is no partition table. */
export function parsePartitionTable(bytes: Uint8Array): Partition[] | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const partitions: Partition[] = [];
	for (let at = 0; at + ENTRY <= bytes.length && partitions.length < MOST_ENTRIES; at += ENTRY) {
		if (view.getUint16(at, true) !== MAGIC) break;
		partitions.push({
			type: bytes[at + 2],
			subtype: bytes[at + 3],
			address: view.getUint32(at + 4, true),
			size: view.getUint32(at + 8, true),
			name: Buffer.from(bytes.subarray(at + 12, at + 28))
				.toString("latin1")
				.replace(/\0.*$/s, ""),
		});
	}
	return partitions.length === 0 ? undefined : partitions;
}

/** The partition that a freshly flashed app goes to: factory, or else the first of the two for updates. */
export function appPartition(partitions: Partition[]): Partition | undefined {
	const app = (subtype: number) =>
		partitions.find((partition) => partition.type === APP && partition.subtype === subtype);
	return app(FACTORY) ?? app(OTA_0);
}

/** The partition that tells which app is to start. */
export function otaDataPartition(partitions: Partition[]): Partition | undefined {
	return partitions.find(({ type, subtype }) => type === DATA && subtype === OTA_DATA);
}
