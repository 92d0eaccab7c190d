import Link from 'next/link';
import type { ReactNode } from 'react';

export const metadata = { title: 'Shop' };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <nav>
          <Link href="/">Files in S3</Link> · <Link href="/orders">Orders in PostgreSQL</Link>
        </nav>
        {children}
      </body>
    </html>
  );
}
