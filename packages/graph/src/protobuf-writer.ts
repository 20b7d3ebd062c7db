const VARINT = 0;
const LENGTH_DELIMITED = 2;
const BIT32 = 5;

const utf8 = new TextEncoder();

/** Writes one message in Protocol Buffers' wire format, as far as ONNX needs it: https://protobuf.dev/programming-guides/encoding/ */
export class ProtobufWriter {
	readonly #chunks: Uint8Array[] = [];
	/** What comes after the chunks. */
	#bytes: number[] = [];

	/** An integer, also a negative one. */
	int(field: number, value: number): void {
		this.#tag(field, VARINT);
		this.#varint(value);
	}

	float(field: number, value: number): void {
		this.#tag(field, BIT32);
		const four = new DataView(new ArrayBuffer(4));
		four.setFloat32(0, value, true);
		for (let i = 0; i < 4; i++) this.#bytes.push(four.getUint8(i));
	}

	string(field: number, text: string): void {
		this.bytes(field, utf8.encode(text));
	}

	bytes(field: number, bytes: Uint8Array): void {
		this.#tag(field, LENGTH_DELIMITED);
		this.#varint(bytes.length);
		this.#append([bytes]);
	}

	/** A message within. */
	message(field: number, fill: (writer: ProtobufWriter) => void): void {
		const inner = new ProtobufWriter();
		fill(inner);
		inner.#flush();
		this.#tag(field, LENGTH_DELIMITED);
		this.#varint(inner.#length);
		this.#append(inner.#chunks);
	}

	finish(): Uint8Array<ArrayBuffer> {
		this.#flush();
		const whole = new Uint8Array(this.#length);
		let at = 0;
		for (const chunk of this.#chunks) {
			whole.set(chunk, at);
			at += chunk.length;
		}
		return whole;
	}

	get #length(): number {
		return this.#chunks.reduce((sum, { length }) => sum + length, 0);
	}

	#tag(field: number, type: number): void {
		this.#varint(field * 8 + type);
	}

	#varint(value: number): void {
		let rest = value < 0 ? BigInt.asUintN(64, BigInt(value)) : BigInt(value);
		for (; rest > 127n; rest >>= 7n) this.#bytes.push(Number(rest & 127n) | 128);
		this.#bytes.push(Number(rest));
	}

	#append(chunks: readonly Uint8Array[]): void {
		// A copy of what is small takes less than a chunk of its own.
		if (chunks.length === 1 && chunks[0]!.length < 256) {
			for (const byte of chunks[0]!) this.#bytes.push(byte);
			return;
		}
		this.#flush();
		for (const chunk of chunks) this.#chunks.push(chunk);
	}

	#flush(): void {
		if (this.#bytes.length > 0) this.#chunks.push(Uint8Array.from(this.#bytes));
		this.#bytes = [];
	}
}
