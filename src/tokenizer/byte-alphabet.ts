/**
 * The printable character that stands for each byte in a byte-level vocabulary (GPT-2's table, shared by the Qwen family):
 * printable Latin-1 stands for itself, the other 68 bytes take U+0100, U+0101, … in order.
 */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

function byteCharacters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
}
