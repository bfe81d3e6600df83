# SPDX-License-Identifier: MIT
"""What the interpreters are given: enough work that it shows, and always the same output."""

PYTHON_THREADS = """
import json, queue, threading, zlib
work, done = queue.Queue(), []
lock = threading.Lock()
def serve():
    while (item := work.get()) is not None:
        text = json.dumps({"item": item, "squares": [i * i for i in range(item % 300)]})
        with lock:
            done.append((item, zlib.crc32(text.encode())))
threads = [threading.Thread(target=serve) for _ in range(8)]
for thread in threads:
    thread.start()
for item in range(6000):
    work.put(item)
for _ in threads:
    work.put(None)
for thread in threads:
    thread.join()
print(len(done), sum(crc for _, crc in done), threading.active_count())
"""

PYTHON_PROCESSES = """
import multiprocessing, os
def work(n):
    words = {str(i): [i] * (i % 7) for i in range(n)}
    return sum(len(each) for each in words.values())
if __name__ == "__main__":
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(3) as pool:
            print(method, sum(pool.map(work, range(100, 2000, 20))))
            pool.close()
            pool.join()
"""

RUBY = """
words = Hash.new { |hash, key| hash[key] = [] }
120000.times { |i| words["word#{i * 7919 % 20000}"] << { place: i, text: i.to_s * 2 } }
threads = 4.times.map { |n| Thread.new { (1..3000).map { |i| (i * n).to_s(16) }.join.size } }
puts threads.sum(&:value)
puts words.values.sum { |list| list.sum { |each| each[:text].size } }
puts words.keys.sort.first(3).inspect
"""

LUA = """
local words = {}
for i = 1, 200000 do
    local key = "word" .. (i * 7919 % 40000)
    words[key] = words[key] or {}
    table.insert(words[key], { place = i, text = ("%d"):format(i):rep(2) })
end
local names, sum = {}, 0
for name, list in pairs(words) do
    names[#names + 1] = name
    for _, each in ipairs(list) do sum = sum + #each.text end
end
table.sort(names)
print(sum, #names, names[1], names[#names])
local co = coroutine.wrap(function() for i = 1, 100000 do coroutine.yield(i) end end)
for i = 1, 99999 do co() end
print(co())
"""

GUILE = """
(use-modules (srfi srfi-1))
(define (count n) (length (filter even? (map (lambda (i) (* i i)) (iota n)))))
(display (map count '(20000 30000 40000 50000))) (newline)
(define table (make-hash-table))
(do ((i 0 (+ i 1))) ((= i 100000))
  (hash-set! table (string-append "k" (number->string (modulo (* i 7919) 9973))) (list i i)))
(display (hash-fold (lambda (k v sum) (+ sum (car v))) 0 table)) (newline)
"""

NODE = """
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const zlib = require('zlib'), crypto = require('crypto');
function work(n) {
  const map = new Map();
  for (let i = 0; i < 60000; i++) map.set('key' + i * n % 20011, { i, text: String(i).repeat(2) });
  const text = JSON.stringify([...map]);
  return crypto.createHash('sha256').update(zlib.gzipSync(text)).digest('hex');
}
if (isMainThread) {
  Promise.all([1, 2, 3].map(n => new Promise(done =>
    new Worker(__filename, { workerData: n }).on('message', done)))).then(all =>
    console.log(all.join('\\n')));
} else parentPort.postMessage(work(workerData));
"""

JAVA = """
import java.util.*;
import java.util.concurrent.*;
import java.util.zip.*;
public class Work {
    static long work(int n) {
        Map<String, List<Integer>> words = new TreeMap<>();
        for (int i = 0; i < 60000; i++)
            words.computeIfAbsent("word" + i * n % 5003, key -> new ArrayList<>()).add(i);
        CRC32 sum = new CRC32();
        sum.update(words.toString().getBytes());
        return sum.getValue();
    }
    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Long>> all = new ArrayList<>();
        for (int n = 1; n <= 12; n++) {
            int each = n;
            all.add(pool.submit(() -> work(each)));
        }
        for (Future<Long> each : all)
            System.out.println(each.get());
        pool.shutdown();
        Deflater deflater = new Deflater();
        deflater.setInput(new byte[4000000]);
        deflater.finish();
        System.out.println(deflater.deflate(new byte[100000]));
    }
}
"""

PHP = """<?php
$words = [];
for ($i = 0; $i < 200000; $i++)
    $words["word" . ($i * 7919 % 40000)][] = ["place" => $i, "text" => str_repeat("$i", 2)];
ksort($words);
$sum = 0;
foreach ($words as $list)
    foreach ($list as $each)
        $sum += strlen($each["text"]);
echo $sum, " ", count($words), " ", md5(json_encode($words)), "\\n";
echo preg_match_all('/[0-9]+7/', implode(" ", array_keys($words))), "\\n";
"""

TCL = """
for {set i 0} {$i < 120000} {incr i} {
    lappend words([expr {$i * 7919 % 20011}]) [list $i [string repeat $i 2]]
}
set sum 0
foreach key [lsort -integer [array names words]] {
    foreach each $words($key) { incr sum [string length [lindex $each 1]] }
}
puts "$sum [array size words]"
"""

AWK = """
{ for (i = 2; i <= NF; i++) { count[$i]++; last[$i " " $1 % 500] = NR } }
END { for (word in count) total += count[word] * length(word)
      for (key in last) sum += last[key]
      print total, length(count), length(last), sum }
"""

EMACS = """
(let ((words (make-hash-table :test 'equal)) (sum 0))
  (with-temp-buffer
    (insert-file-contents "text.txt" nil 0 1000000)
    (goto-char (point-min))
    (while (re-search-forward "[a-z]+" nil t)
      (puthash (match-string 0) (1+ (gethash (match-string 0) words 0)) words))
    (sort-lines nil (point-min) (point-max))
    (princ (format "%s\\n" (md5 (current-buffer)))))
  (maphash (lambda (_ count) (setq sum (+ sum count))) words)
  (princ (format "%d %d\\n" sum (hash-table-count words))))
"""

VIM = """
edit text.txt
1,20000g/apple/s/line/LINE/g
20000,$d
sort n
%s/\\v(\\w+) (\\w+)/\\2 \\1/
write! {run}/edited.txt
quit!
"""

GDB = """
set pagination off
set confirm off
break depth_3
run
backtrace
finish
info sharedlibrary
info types node_3
kill
quit
"""

ZSH = """
typeset -A words
for i in {1..30000}; do
  key=word$((i * 7919 % 2003)); words[$key]+="$i "
done
for key in ${(ok)words}; do (( sum += ${#words[$key]} )); done
print $sum ${#words} $(print sub | wc -c)
print -l *(N) | wc -l
"""

BASH = """
declare -A words
for ((i = 0; i < 20000; i++)); do words[word$((i * 7919 % 2003))]+="$i "; done
for key in "${!words[@]}"; do ((sum += ${#words[$key]})); done
echo $sum ${#words[@]}
for i in 1 2 3 4 5; do (echo "part $i"; exit $i) & wait $!; echo $?; done
seq 3000 | while read -r n; do echo $((n * n)); done | tail -n 1
trap 'echo bye' EXIT
"""

BC = "scale = 1500\na = 4 * a(1)\na\ne(1) * l(3)\n"
