import { Component, type ReactNode } from 'react';
import { words } from '../words/en';
import { Button } from './button';

interface State {
  /** The address whose page broke. */
  readonly brokenAt: string | null;
}

/**
 * Keeps an error of one page from taking the whole away, also where the page's code could not be loaded.
 * @param address of the page: another address is another try
 */
export class ErrorBoundary extends Component<{ address: string; children: ReactNode }, State> {
  override state: State = { brokenAt: null };

  override componentDidCatch() {
    this.setState({ brokenAt: this.props.address });
  }

  override render() {
    if (this.state.brokenAt !== this.props.address) return this.props.children;
    return (
      <div className="state" role="alert">
        <h1>{words.broken.title}</h1>
        <p>{words.broken.advice}</p>
        <Button onClick={() => window.location.reload()}>{words.broken.reload}</Button>
      </div>
    );
  }
}
