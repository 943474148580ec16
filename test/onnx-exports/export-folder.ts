import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fixture, tokenizerJson } from './fixtures.ts';

/** What transformers says of one pair. */
export interface GoldenCase {
  readonly query: string;
  readonly document: string;
  readonly ids: readonly number[];
  readonly types: readonly number[];
  readonly logit: number;
}

export interface Golden {
  /** Which of the fixtures' tokenizers the checkpoint has. */
  readonly tokenizer: string;
  readonly cases: readonly GoldenCase[];
}

export function golden(checkpoint: string): Golden {
  // A fixture of known content.
  return JSON.parse(fixture(`${checkpoint}/golden.json.gz`).toString('utf8')) as Golden;
}

/** The files of a checkpoint with exports, by path; `exports` names the fixture that stands behind each path. */
export function exportFiles(checkpoint: string, exports: Readonly<Record<string, string>>): Record<string, Buffer> {
  const files: Record<string, Buffer> = {
    'config.json': fixture(`${checkpoint}/config.json`),
    'tokenizer_config.json': fixture(`${checkpoint}/tokenizer_config.json`),
    'tokenizer.json': Buffer.from(tokenizerJson(golden(checkpoint).tokenizer)),
  };
  for (const [path, name] of Object.entries(exports)) files[path] = fixture(`${checkpoint}/${name}.gz`);
  return files;
}

export async function writeExport(
  folder: string,
  checkpoint: string,
  exports: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, content] of Object.entries(exportFiles(checkpoint, exports))) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}
