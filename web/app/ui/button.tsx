import './button.css';
import type { ButtonHTMLAttributes, ComponentProps } from 'react';
import { Link } from 'wouter';

/** primary: the one main action of a page. link: looks like a link, acts like a button. */
export type ButtonLook = 'plain' | 'primary' | 'danger' | 'link';

const classOf = (look: ButtonLook) => `button button-${look}`;

/** A button that submits nothing, unless its type says so. */
export function Button({ look = 'plain', ...props }: { look?: ButtonLook } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return <button type="button" className={classOf(look)} {...props} />;
}

/** A link to another page that looks like a button. */
export function ButtonLink({
  look = 'plain',
  href,
  children,
}: { look?: ButtonLook; href: string } & Pick<ComponentProps<'a'>, 'children'>) {
  return (
    <Link href={href} className={classOf(look)}>
      {children}
    </Link>
  );
}
