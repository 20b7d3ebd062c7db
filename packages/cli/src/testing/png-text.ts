import { crc32 } from "node:zlib";

/** A tEXt chunk of a PNG file. */
export function pngText(keyword: string, text: string): Buffer {
	const body = Buffer.from(`tEXt${keyword}\0${text}`, "latin1");
	const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(body.length - 4);
	checksum.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, checksum]);
}
