import { type Command, Option } from 'commander';
import { Reranker } from '../../reranker.ts';
import type { RerankResponse } from '../../types.ts';
import { FORMATS, type Format, readDocuments } from '../documents/read-documents.ts';
import type { SourceDocument } from '../documents/source-document.ts';
import { Tally } from '../documents/tally.ts';
import { TEXT_EXTENSIONS } from '../documents/walk.ts';
import { UsageError } from '../failure.ts';
import { type Io, writeOut } from '../io.ts';
import { addModelOptions, fraction, integer, loadOptions, type ModelFlags, modelName } from '../options.ts';
import { resultJson } from '../result-json.ts';
import { count, duration } from '../terminal/amounts.ts';
import { loadProgress } from '../terminal/load-progress.ts';
import { ProgressLine } from '../terminal/progress-line.ts';
import { resultTable } from '../terminal/result-table.ts';
import { styleFor } from '../terminal/style.ts';
import { oneLine } from '../terminal/visible.ts';

interface RankFlags extends ModelFlags {
  readonly top?: number;
  readonly minScore?: number;
  readonly instruction?: string;
  readonly format?: Format;
  readonly field?: string;
  readonly skipInvalid?: boolean;
  readonly passageChars: number;
  readonly overlap: number;
  readonly ext?: string;
  readonly json?: boolean;
  readonly table?: boolean;
  readonly quiet?: boolean;
}

/** Results that a table shows if nobody says how many. */
const TABLE_TOP = 10;
const DEFAULT_COLUMNS = 100;

export function addRank(program: Command, io: Io): void {
  const command = program
    .command('rank')
    .summary('rank documents by their relevance to a query')
    .description(
      'Ranks documents by their relevance to a query, best first: a table on a terminal, JSON Lines elsewhere.\n\n' +
        'A document is a line of a text file or of standard input (-), a record of a .jsonl file, or a passage of a ' +
        'Markdown file or of the text files in a folder.',
    )
    .argument('<query>', 'what is looked for')
    .argument('[inputs...]', 'files, folders, or - for standard input, which is the default if it is no terminal')
    .option('-n, --top <n>', 'the best n only (default: 10 in a table, else all)', integer(1))
    .option('--min-score <score>', 'only those with at least this score, 0 to 1', fraction)
    .option('-i, --instruction <text>', 'what makes a document relevant, in a sentence')
    .addOption(new Option('--format <format>', 'what a document is (default: by file name)').choices([...FORMATS]))
    .option('--field <path>', 'dotted path of the text in a record (default: text)')
    .option('--skip-invalid', 'pass over records that are not valid, and count them')
    .option('--passage-chars <n>', 'longest passage, in characters', integer(100, 1_000_000), 1200)
    .option('--overlap <n>', 'characters that neighbouring passages share, less than half a passage', integer(0), 120)
    .option(
      '--ext <list>',
      "kinds of files to read in folders, such as md,txt; '*' for all (default: text and Markdown)",
    )
    .option('--json', 'JSON Lines, on a terminal too')
    .option('--table', 'a table, in a pipe too')
    .option('-q, --quiet', 'no progress, no summary, no warnings');
  addModelOptions(command).action((query: string, inputs: string[], flags: RankFlags) =>
    rank(query, inputs, flags, io),
  );
}

async function rank(query: string, inputs: readonly string[], flags: RankFlags, io: Io): Promise<void> {
  const { signal, stdout, stderr } = io;
  const asTable = readOutput(flags, stdout.isTTY === true);
  if (flags.overlap * 2 >= flags.passageChars) {
    throw new UsageError(`--overlap ${flags.overlap} must be less than half of --passage-chars ${flags.passageChars}`);
  }
  const progress = new ProgressLine(stderr, flags.quiet);
  const say = (text: string): void => {
    if (flags.quiet) return;
    progress.clear();
    stderr.write(`rerankit: ${oneLine(text)}\n`);
  };
  try {
    progress.show({ label: 'Reading documents' });
    const documents = await read(inputs, flags, io, say);
    if (documents.length === 0) return say('no documents: the input has no text');

    const started = performance.now();
    await using reranker = await Reranker.load(modelName(flags.model), {
      ...loadOptions(flags),
      maxQueuedDocuments: documents.length,
      onProgress: loadProgress(progress),
      signal,
    });
    const loaded = performance.now();
    const top = flags.top ?? (asTable ? TABLE_TOP : undefined);
    const response = await reranker.rerank(query, documents, {
      text: ({ text }) => text,
      instruction: flags.instruction,
      minScore: flags.minScore,
      topN: top,
      onProgress: ({ scored, total }) =>
        progress.show({ label: 'Ranking', part: scored / total, detail: `${scored} of ${count(total, 'document')}` }),
      signal,
    });
    const finished = performance.now();
    progress.clear();
    if (asTable) {
      const columns = stdout.columns || DEFAULT_COLUMNS;
      await writeOut(stdout, resultTable(response.results, columns, styleFor(stdout, io.env)));
    } else {
      for (const [at, result] of response.results.entries()) await writeOut(stdout, resultJson(result, at + 1));
    }
    const cut = response.results.filter(({ truncated }) => truncated).length;
    if (cut > 0) say(`${count(cut, 'result')} lost the tail of a document longer than --max-length`);
    if (stderr.isTTY === true) {
      const { model, device, dtype } = reranker.info;
      const times = `${duration(finished - loaded)}, loaded in ${duration(loaded - started)}`;
      say(`${shown(response, documents.length)} in ${times} (${model}, ${device}, ${dtype})`);
    }
  } finally {
    progress.clear();
  }
}

function readOutput({ json = false, table = false }: RankFlags, terminal: boolean): boolean {
  if (json && table) throw new UsageError('--json and --table exclude each other');
  return table || (terminal && !json);
}

async function read(
  inputs: readonly string[],
  flags: RankFlags,
  { stdin, signal }: Io,
  say: (text: string) => void,
): Promise<SourceDocument[]> {
  if (inputs.length === 0 && stdin.isTTY === true) {
    throw new UsageError('no documents: name files or folders, or pipe lines into standard input');
  }
  const tally = new Tally();
  const options = {
    format: flags.format,
    field: flags.field,
    skipInvalid: flags.skipInvalid === true,
    passages: { size: flags.passageChars, overlap: flags.overlap },
    extensions: readExtensions(flags.ext),
    stdin,
    signal,
  };
  const documents = await readDocuments(inputs.length === 0 ? ['-'] : inputs, options, tally);
  for (const message of tally.messages()) say(message);
  return documents;
}

function readExtensions(list: string | undefined): readonly string[] | undefined {
  if (list === undefined) return TEXT_EXTENSIONS;
  if (list === '*') return undefined;
  const ends = list.split(',').map((end) => end.trim().toLowerCase().replace(/^\./, ''));
  if (ends.includes('')) throw new UsageError(`--ext ${JSON.stringify(list)} must be a list such as md,txt`);
  return ends.map((end) => `.${end}`);
}

function shown({ results }: RerankResponse<SourceDocument>, documents: number): string {
  const all = count(documents, 'document');
  return results.length === documents ? `${all} ranked` : `best ${results.length} of ${all}`;
}
