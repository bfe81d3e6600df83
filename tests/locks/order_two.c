// SPDX-License-Identifier: MIT
// Two locks in both orders, by two threads of which one ends before the other begins: nothing
// happens, but it could. Twice the same way is one finding.
// EXPECT: [o["kind"] for o in report["order"]] == ["potential deadlock"] and len(order("left", "right")) == 1
// EXPECT: edges(order()[0]) == {("left", "right"): ("take_left", "take_right_second"), ("right", "left"): ("take_right", "take_left_second")}
// EXPECT: not order()[0].get("why")
// EXPECT: len({e["thread"] for e in order()[0]["edges"]}) == 2
// EXPECT: {e["thread"] for e in order()[0]["edges"]} < {t["serial"] for t in threads["records"]}
// EXPECT: all({"left_first", "right_first"} & set(functions(e["stack_to"])) for e in order()[0]["edges"])
// EXPECT: all(l["kind"] == "mutex" and l["generation"] == 0 for l in order()[0]["locks"])
// EXPECT: sorted(l["address"] for l in order()[0]["locks"]) == sorted(l["address"] for l in report["locks"] if l["name"] in ("left", "right"))
// EXPECT: report["misuse"] == []
#include "order.h"

pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;

void take_left(int and_right);
void take_right(int and_left);

void take_right_second(void)
{
    pthread_mutex_lock(&right);
    pthread_mutex_unlock(&right);
}

void take_left_second(void)
{
    pthread_mutex_lock(&left);
    pthread_mutex_unlock(&left);
}

void take_left(int and_right)
{
    pthread_mutex_lock(&left);
    if (and_right)
        take_right_second();
    pthread_mutex_unlock(&left);
}

void take_right(int and_left)
{
    pthread_mutex_lock(&right);
    if (and_left)
        take_left_second();
    pthread_mutex_unlock(&right);
}

void *left_first(void *unused)
{
    take_left(1);
    take_left(1);
    nest(&left, &other); // of no interest
    return unused;
}

void *right_first(void *unused)
{
    take_right(1);
    nest(&right, &other);
    return unused;
}

int main(void)
{
    in_threads(left_first, right_first);
    in_threads(left_first, right_first);
    return 0;
}
