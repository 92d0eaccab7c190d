import { revalidatePath } from 'next/cache';
import { connection } from 'next/server';
import { pool } from '../../database/pool';

interface Order {
  id: number;
  item: string;
}

async function addOrder(form: FormData) {
  'use server';
  await pool.query('INSERT INTO orders (item) VALUES ($1)', [String(form.get('item') ?? '')]);
  revalidatePath('/orders');
}

export default async function Orders() {
  await connection();
  const { rows } = await pool.query<Order>('SELECT id, item FROM orders ORDER BY id DESC LIMIT 20');
  return (
    <main>
      <h1>{`${rows.length} orders`}</h1>
      <ol>
        {rows.map(({ id, item }) => (
          <li key={id}>{item}</li>
        ))}
      </ol>
      <form action={addOrder}>
        <label>
          Item <input name="item" />
        </label>
        <button>Order</button>
      </form>
    </main>
  );
}
