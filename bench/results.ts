import { ratios, type Spread, spread } from './figures.js';

/** All measurements of a run. Each round adds one value to each figure of each series. */
export class Results {
  readonly #values = new Map<string, number[]>();
  readonly #series = new Set<string>();

  add(series: string, figures: Readonly<Record<string, number>>): void {
    this.#series.add(series);
    for (const [figure, value] of Object.entries(figures)) {
      this.#values.set(`${series}\n${figure}`, [...this.values(series, figure), value]);
    }
  }

  /** @returns the values in the order of the rounds; empty if the figure was not measured */
  values(series: string, figure: string): readonly number[] {
    return this.#values.get(`${series}\n${figure}`) ?? [];
  }

  spread(series: string, figure: string): Spread {
    return spread(this.values(series, figure));
  }

  median(series: string, figure: string): number {
    return this.spread(series, figure).median;
  }

  /** @returns the ratio of a figure of two series, computed round by round */
  ratio(figure: string, series: string, other: string): Spread {
    return spread(ratios(this.values(series, figure), this.values(other, figure)));
  }

  /** @returns the names of the series with this figure, in the order in which they were first measured */
  names(figure: string): string[] {
    return [...this.#series].filter((series) => this.values(series, figure).length > 0);
  }

  has(series: string): boolean {
    return this.#series.has(series);
  }
}
