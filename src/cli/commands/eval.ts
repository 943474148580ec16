import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { DTYPES, type Dtype } from '../../engine/onnx/dtype.ts';
import {
  bm25Run,
  candidateLists,
  compareRuns,
  comparisonMarkdown,
  cutRun,
  type Dataset,
  firstQueries,
  openBeir,
  type Qrels,
  readQrels,
  readRun,
  type System,
} from '../../eval/index.ts';
import { configurationsOf } from '../eval/configurations.ts';
import { type Report, reportConfiguration, reportJson, reportText, writeResults } from '../eval/report.ts';
import { type RerankedSystem, rerankAll } from '../eval/rerank-all.ts';
import { UsageError } from '../failure.ts';
import { type Io, writeOut } from '../io.ts';
import { addRunOptions, EMBEDDED, integer, type RunFlags, runOptions } from '../options.ts';
import { ProgressLine } from '../terminal/progress-line.ts';

interface EvalFlags extends RunFlags {
  readonly model?: readonly string[];
  readonly dtype?: readonly (Dtype | 'auto')[];
  readonly instruction?: readonly string[];
  readonly window?: readonly string[];
  readonly run?: readonly string[];
  readonly rerank: boolean;
  readonly split: string;
  readonly queries?: number;
  readonly topK: number;
  readonly measure?: readonly string[];
  readonly relevanceLevel: number;
  readonly baseline?: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly quiet?: boolean;
}

/** What an instruction is called that is the model's own. */
const OWN_INSTRUCTION = 'default';
/** What a window is called that is none: long documents lose their tail. */
const NO_WINDOW = 'none';
/** Least tokens of a passage. */
const LEAST_WINDOW = 32;

export function addEval(program: Command, io: Io): void {
  const command = program
    .command('eval')
    .summary('measure what reranking is worth on your data')
    .description(
      'Reranks the candidates of judged queries, and compares models, dtypes, instructions and windows with the first stage ' +
        'and with each other: nDCG and other measures, significance, time a query.\n\n' +
        "The data is a folder in BEIR's form (corpus.jsonl, queries.jsonl, qrels/test.tsv); or a file of judgements (TREC's " +
        "qrels, or BEIR's .tsv), with which runs are compared and nothing is reranked.",
    )
    .argument('<data>', "folder in BEIR's form, or a file of judgements")
    .addOption(several('--run <file>', "run in TREC's form; the first is what is reranked (default: BM25)"))
    .addOption(several('-m, --model <model>', 'Hub repository, directory, or the one built in (default: embedded)'))
    .addOption(several('--dtype <dtype>', 'numeric type of the weights (default: auto)', ['auto', ...DTYPES]))
    .addOption(several('-i, --instruction <text>', "what makes a document relevant; 'default' for the model's own"))
    .addOption(several('--window <tokens>', "scores documents in passages of so many tokens; 'none' for whole ones"))
    .option('-k, --top-k <n>', 'candidates of each query', integer(1), 50)
    .option('--no-rerank', 'only compare runs')
    .option('--split <name>', 'which judgements: qrels/NAME.tsv', 'test')
    .option('--queries <n>', 'only the first n queries', integer(1))
    .addOption(several('--measure <name>', 'nDCG@10, MRR@10, MAP, recall@100, … (default: these four)'))
    .option('--relevance-level <grade>', 'least grade that is relevant', integer(1), 1)
    .option('--baseline <name>', 'the system that others are compared with (default: the first stage)')
    .option('--seed <n>', 'of the significance test', integer(0, 2 ** 32 - 1), 1)
    .option('-o, --out <folder>', 'where results go, and are gone on with after an interruption')
    .option('--json', 'one JSON object')
    .option('--markdown', 'a table in Markdown')
    .option('-q, --quiet', 'no progress');
  addRunOptions(command).action((data: string, flags: EvalFlags) => evaluate(data, flags, io));
}

/** An option that may be repeated: each variant is compared with the others. */
function several(flags: string, description: string, choices?: readonly string[]): Option {
  const option = new Option(flags, `${description}; may be repeated`);
  if (choices !== undefined) option.choices(choices);
  const readOne = option.parseArg;
  return option.argParser((value: string, before: unknown) => {
    readOne?.(value, undefined);
    return [...(Array.isArray(before) ? before : []), value];
  });
}

async function evaluate(data: string, flags: EvalFlags, io: Io): Promise<void> {
  const { signal, stdout } = io;
  if (flags.json && flags.markdown) throw new UsageError('--json and --markdown exclude each other');
  const progress = new ProgressLine(io.stderr, flags.quiet);
  try {
    progress.show({ label: 'Reading judgements' });
    const { name, qrels, dataset } = await openData(data, flags, signal);
    const runs = await firstStages(dataset, flags, progress, signal);
    const reranked = dataset && flags.rerank ? await rerankFirst(dataset, runs, flags, { progress, signal }) : [];
    progress.show({ label: 'Comparing' });
    const { topK, measure, relevanceLevel, baseline, seed } = flags;
    const measures = measure?.flatMap((list) => list.split(','));
    // What is reranked is the best of the first stage; more of it would not be compared with the same.
    const first = reranked.length === 0 ? runs : runs.map((system) => ({ ...system, run: cutRun(system.run, topK) }));
    const report: Report = {
      dataset: name,
      topK: reranked.length === 0 ? undefined : topK,
      configurations: reranked.map(reportConfiguration),
      ...compareRuns(qrels, [...first, ...reranked], { measures, relevanceLevel, baseline, seed }),
    };
    if (flags.out !== undefined) await writeResults(flags.out, report, reranked);
    progress.clear();
    await writeOut(stdout, reportIn(flags, report));
  } finally {
    progress.clear();
  }
}

/** What the data is. */
interface Data {
  readonly name: string;
  readonly qrels: Qrels;
  /** With texts, if it is a folder. */
  readonly dataset: Dataset | undefined;
}

async function openData(path: string, flags: EvalFlags, signal: AbortSignal): Promise<Data> {
  const { split, queries, model, dtype, instruction, window, run } = flags;
  if ((await stat(path)).isDirectory()) {
    const all = await openBeir(path, { split, signal });
    const dataset = queries === undefined ? all : firstQueries(all, queries);
    return { name: dataset.name, qrels: dataset.qrels, dataset };
  }
  if (run === undefined) throw new UsageError(`${path} holds judgements only: name runs to compare (--run)`);
  if ((model ?? dtype ?? instruction ?? window) !== undefined) {
    throw new UsageError(`${path} holds judgements only: without texts nothing can be reranked`);
  }
  const qrels = await readQrels(path, { signal });
  return { name: basename(path), qrels: new Map([...qrels].slice(0, queries)), dataset: undefined };
}

async function firstStages(
  dataset: Dataset | undefined,
  { run, topK }: EvalFlags,
  progress: ProgressLine,
  signal: AbortSignal,
): Promise<System[]> {
  if (dataset !== undefined && run === undefined) {
    progress.show({ label: 'Searching with BM25' });
    return [{ name: 'BM25', run: await bm25Run(dataset, { topK, signal }) }];
  }
  const systems: System[] = [];
  for (const path of run ?? []) {
    progress.show({ label: `Reading ${path}` });
    systems.push({ name: basename(path), run: await readRun(path, { signal }) });
  }
  return systems;
}

async function rerankFirst(
  dataset: Dataset,
  [first]: readonly System[],
  { model = [EMBEDDED], dtype = ['auto'], instruction = [OWN_INSTRUCTION], window = [NO_WINDOW], ...flags }: EvalFlags,
  { progress, signal }: { readonly progress: ProgressLine; readonly signal: AbortSignal },
): Promise<RerankedSystem[]> {
  progress.show({ label: 'Reading documents' });
  const { topK, out: folder } = flags;
  const lists = await candidateLists(dataset, first?.run ?? new Map(), { topK, signal });
  const configurations = configurationsOf({
    models: model,
    dtypes: dtype,
    instructions: instruction.map((text) => (text === OWN_INSTRUCTION ? undefined : text)),
    windows: window.map(readWindow),
  });
  return rerankAll(lists, configurations, { load: runOptions(flags), folder, progress, signal });
}

function readWindow(text: string): number | undefined {
  if (text === NO_WINDOW) return undefined;
  try {
    return integer(LEAST_WINDOW)(text);
  } catch {
    throw new UsageError(
      `--window ${JSON.stringify(text)} must be an integer, at least ${LEAST_WINDOW}, or ${NO_WINDOW}`,
    );
  }
}

function reportIn({ json, markdown }: EvalFlags, report: Report): string {
  if (json) return reportJson(report);
  return markdown ? comparisonMarkdown(report) : reportText(report);
}
