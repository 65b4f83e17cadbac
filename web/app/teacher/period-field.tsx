import { useSearchParams } from 'wouter';
import { SelectField } from '../ui/field';
import { words } from '../words/en';

const PERIODS = [7, 30, 90] as const;
export type Period = (typeof PERIODS)[number];
const USUAL: Period = 30;

/** The days that charts show. They are in the address. */
export function usePeriod(): readonly [Period, (days: Period) => void] {
  const [params, setParams] = useSearchParams();
  const days = PERIODS.find((period) => String(period) === params.get('days')) ?? USUAL;
  return [days, (next) => setParams({ days: String(next) }, { replace: true })];
}

export const PeriodField = ({ days, onChoose }: { days: Period; onChoose: (days: Period) => void }) => (
  <SelectField
    label={words.period.label}
    value={days}
    onChange={({ target }) => onChoose(Number(target.value) as Period)}
    options={PERIODS.map((period) => [String(period), words.period.days(period)])}
  />
);
