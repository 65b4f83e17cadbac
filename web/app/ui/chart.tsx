import './chart.css';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { words } from '../words/en';
import { day } from '../words/format';
import { Table } from './table';

/** One mark of a chart. */
export interface Point {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly value: number;
  /** The value with its unit, for instance "30 min". */
  readonly text: string;
}

export interface ChartProps {
  /** The finding, for instance "120 minutes of focus in 7 days". */
  readonly title: string;
  readonly points: readonly Point[];
}

/** Every chart has the same numbers as a table, one key away. */
function TableTwin({ title, points }: ChartProps) {
  return (
    <details>
      <summary>{words.chart.asTable}</summary>
      <Table
        caption={title}
        rows={points}
        rowKey={({ date }) => date}
        columns={[
          { header: words.chart.day, cell: ({ date }) => day(date) },
          { header: words.chart.value, isNumber: true, cell: ({ text }) => text },
        ]}
      />
    </details>
  );
}

const WIDTH = 600;
const HEIGHT = 160;

/** Bars from zero, with the greatest value and the first and last label on the marks. */
export function BarChart({ title, points }: ChartProps) {
  const most = Math.max(1, ...points.map(({ value }) => value));
  const step = WIDTH / Math.max(1, points.length);
  const last = points.at(-1);
  const greatest = points.findIndex(({ value }) => value === most);
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div>
        <p className="chart-greatest number" aria-hidden="true" style={besides((greatest + 0.5) / points.length)}>
          {points[greatest]?.text}
        </p>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={title}>
          {points.map(({ date, value }, index) => {
            const height = (value / most) * HEIGHT;
            return (
              <rect key={date} x={index * step + 1} y={HEIGHT - height} width={Math.max(1, step - 2)} height={height} />
            );
          })}
          <line className="chart-line" x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        </svg>
        <p className="chart-ends number" aria-hidden="true">
          <span>{points[0] && day(points[0].date)}</span>
          <span>{last && day(last.date)}</span>
        </p>
      </div>
      <TableTwin title={title} points={points} />
    </figure>
  );
}

/** Over its mark, and always inside of the chart: at the left end it begins there, at the right end it ends there. */
const besides = (fraction: number) => ({ left: `${fraction * 100}%`, transform: `translateX(${-fraction * 100}%)` });

/**
 * A calendar of days, a column for each week from Monday on. Arrow keys and the pointer choose the day whose number is
 * shown; at first it is the last one.
 * @param points consecutive days
 */
export function Heatmap({ title, points }: ChartProps) {
  const last = points.length - 1;
  const [chosen, setChosen] = useState(last);
  const most = Math.max(1, ...points.map(({ value }) => value));
  const shown = Math.min(chosen, last);
  const numberOf = ({ date, text }: Point) => words.chart.numberOfDay(day(date), text);
  const numberShown = points[shown] && numberOf(points[shown]);
  const calendar = useRef<HTMLDivElement>(null);
  // Where the calendar scrolls, the latest days are in sight.
  useEffect(() => calendar.current?.scrollTo({ left: calendar.current.scrollWidth }), []);

  function move(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setChosen(Math.min(last, Math.max(0, shown + step)));
  }

  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div
        ref={calendar}
        className="heatmap"
        role="slider"
        aria-label={title}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={shown}
        aria-valuetext={numberShown}
        tabIndex={0}
        onKeyDown={move}
      >
        {points.map((point, index) => (
          <span
            key={point.date}
            className={`heat heat-${Math.ceil((point.value / most) * 4)}${index === shown ? ' heat-shown' : ''}`}
            style={index === 0 ? { gridRowStart: weekday(point.date) } : undefined}
            title={numberOf(point)}
            onPointerEnter={() => setChosen(index)}
          />
        ))}
      </div>
      <p className="small number">{numberShown}</p>
      <TableTwin title={title} points={points} />
    </figure>
  );
}

/** Days that a key goes on or back: a week is a column. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -7,
  ArrowRight: 7,
  ArrowUp: -1,
  ArrowDown: 1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** 1 for Monday to 7 for Sunday. */
const weekday = (date: string): number => ((new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7) + 1;

/** A small line beside a number. Its label says what it shows, with the numbers that matter. */
export function Sparkline({ label, values }: { label: string; values: readonly number[] }) {
  const most = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length - 1);
  const line = values.map((value, index) => `${index * step},${100 - (value / most) * 100}`).join(' ');
  return (
    <svg className="sparkline" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label={label}>
      <polyline points={line} />
    </svg>
  );
}
