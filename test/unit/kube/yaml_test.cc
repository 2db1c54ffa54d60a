// YAML is read as kubectl reads it; every expectation here is what `kubectl patch --local` answers.
#include "kube/yaml.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

namespace sluice::kube {
namespace {

struct Row {
  const char* yaml;
  const char* json;
};

std::string read(std::string_view yaml) {
  const Result<json::value> value = parse_yaml(yaml);
  return value ? print_json(*value) : "error: " + value.error().message;
}

BOOST_AUTO_TEST_CASE(plain_scalars_mean_what_they_mean_to_kubernetes) {
  const Row rows[] = {
      {"y", "true"},
      {"yes", "true"},
      {"On", "true"},
      {"TRUE", "true"},
      {"n", "false"},
      {"No", "false"},
      {"off", "false"},
      {"oFF", R"("oFF")"},
      {"~", "null"},
      {"null", "null"},
      {"", "null"},
      {"=", R"("=")"},
      {"0777", "511"},
      {"0o777", "511"},
      {"0O7", "7"},
      {"-0o7", "-7"},
      {"0x1F", "31"},
      {"0X1f", "31"},
      {"-0x1F", "-31"},
      {"0x1_F", "31"},
      {"0b101", "5"},
      {"0B11", "3"},
      {"-0b11", "-3"},
      {"0b12", R"("0b12")"},
      {"1_000", "1000"},
      {"1_000_", "1000"},
      {"1__0", "10"},
      {"_1", R"("_1")"},
      {"08", "8"},
      {"0_8", "8"},
      {"00", "0"},
      {"0o8", R"("0o8")"},
      {"+5", "5"},
      {"-0", "0"},
      {"-0777", "-511"},
      {"0x", R"("0x")"},
      {"1e3", "1000"},
      {".5", "0.5"},
      {"1.", "1"},
      {"1.e5", "100000"},
      {".5e3", "500"},
      {"1_0.5", "10.5"},
      {".5_5", "0.55"},
      {"+.5", "0.5"},
      {"1.0", "1"},
      {"-0.0", "0"},
      {"1e-400", "0"},
      {"1_e3", "1000"},
      {"1e", R"("1e")"},
      {".e3", R"(".e3")"},
      {".", R"(".")"},
      {"+", R"("+")"},
      {"1.5.", R"("1.5.")"},
      {"1.2.3", R"("1.2.3")"},
      {"5m", R"("5m")"},
      {"1e400", R"("1e400")"},
      {"1:30", R"("1:30")"},
      {"0x1p4", R"("0x1p4")"},
      {"0b", R"("0b")"},
      {"<<", R"("<<")"},
      {"1.5e300", "1.5e+300"},
      {"1e21", "1e+21"},
      {"1.5e-7", "1.5e-7"},
      {"1e20", "100000000000000000000"},
      {"2001-01-01", R"("2001-01-01")"},
      {"2001-12-14t21:59:43.10-05:00", R"("2001-12-14t21:59:43.10-05:00")"},
      {"9223372036854775807", "9223372036854775807"},
      {"18446744073709551615", "18446744073709551616"},
      {"18446744073709551616", "18446744073709551616"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"-9223372036854775809", "-9223372036854775808"},
      {"123456789012345678901234567890", "1.2345678901234568e+29"},
  };
  for (const Row& row : rows)
    BOOST_TEST(read(std::string("v: ") + row.yaml) == std::string("{\"v\":") + row.json + "}");
}

BOOST_AUTO_TEST_CASE(tags_decide_over_the_look) {
  const Row rows[] = {
      {"!!int \"5\"", "5"},
      {"!!float 1", "1"},
      {"!!float 1.5", "1.5"},
      {"!!float \"1e3\"", "1000"},
      {"!!bool yes", "true"},
      {"!!bool \"on\"", "true"},
      {"!!str 5", R"("5")"},
      {"!!str ~", R"("~")"},
      {"!!str null", R"("null")"},
      {"!!binary aGVsbG8=", R"("hello")"},
      {"!foo 5", R"("5")"},
      {"!foo ~", R"("~")"},
      {"! 5", R"("5")"},
      {"!!int 0x10", "16"},
      {"!!null ''", "null"},
      {"!!null null", "null"},
      {"!!str [a]", R"(["a"])"},
      {"!foo {a: 1}", R"({"a":1})"},
      {"!<tag:yaml.org,2002:str> 5", R"("5")"},
  };
  for (const Row& row : rows)
    BOOST_TEST(read(std::string("v: ") + row.yaml) == std::string("{\"v\":") + row.json + "}");
  for (const char* bad : {"!!int abc", "!!int 1.5", "!!int ''", "!!bool 1", "!!float abc", "!!null x", "!!binary '*'"})
    BOOST_TEST(read(std::string("v: ") + bad).starts_with("error: line 1, column 4: "));
}

BOOST_AUTO_TEST_CASE(keys_become_strings) {
  const Row rows[] = {
      {"{? yes : 1, 1.5: 2, 0x1F: 3, 1e3: 4, 1e30: 5, \"~\": 6}",
       R"({"true":1,"1.5":2,"31":3,"1000":4,"1e+30":5,"~":6})"},
      {"{!!str 5: 1}", R"({"5":1})"},
      {"{!!int \"5\": 1}", R"({"5":1})"},
      {"{2001-01-01: 1, .inf: 3}", R"({"2001-01-01":1,".inf":3})"},
      {"a: 1\nb: 2\na: 3", R"({"a":3,"b":2})"},
      {"&x a: 1\nc: *x", R"({"a":1,"c":"a"})"},
  };
  for (const Row& row : rows) BOOST_TEST(read(row.yaml) == row.json);
  BOOST_TEST(read("{~: 1}") == "error: line 1, column 2: a key is null; quote it to mean the text");
  BOOST_TEST(read("{[a]: 1}") == "error: line 1, column 2: a key must be a scalar");
}

BOOST_AUTO_TEST_CASE(merge_keys_and_aliases) {
  const Row rows[] = {
      {"a: &b {p: 1, q: 2}\nm:\n  <<: *b\n  p: 5", R"({"a":{"p":1,"q":2},"m":{"p":5,"q":2}})"},
      {"a: &b {p: 1, q: 2}\nm:\n  p: 5\n  <<: *b", R"({"a":{"p":1,"q":2},"m":{"p":1,"q":2}})"},
      {"a: &b {p: 1}\nc: &c {p: 10, r: 3}\nm:\n  <<: [*b, *c]",
       R"({"a":{"p":1},"c":{"p":10,"r":3},"m":{"p":1,"r":3}})"},
      {"m:\n  <<: {a: 1}\n  <<: {b: 2}", R"({"m":{"a":1,"b":2}})"},
      {"m: {\"<<\": x}", R"({"m":{"<<":"x"}})"},
      {"a: &x [1, 2]\nb: *x", R"({"a":[1,2],"b":[1,2]})"},
  };
  for (const Row& row : rows) BOOST_TEST(read(row.yaml) == row.json);
  BOOST_TEST(read("m: {<<: x}").ends_with("<< needs a mapping or a list of mappings"));
  BOOST_TEST(read("a: *b").starts_with("error: line 1"));
  BOOST_TEST(read("a: &a [*a]").starts_with("error: line 1"));
}

BOOST_AUTO_TEST_CASE(structure_and_texts) {
  const Row rows[] = {
      {"a:\n- 1\n- 2\nb:\n  - c: 1\n    d: 2", R"({"a":[1,2],"b":[{"c":1,"d":2}]})"},
      {"a: |\n  x\n   y\n\nb: >-\n  a\n  b\n\n  c", R"({"a":"x\n y\n","b":"a b\nc"})"},
      {"a: foo\n  bar\n\n  baz", R"({"a":"foo bar\nbaz"})"},
      {"a: 'it''s'\nb: \"\\x41\\u00e9\\n\"", "{\"a\":\"it's\",\"b\":\"A\xc3\xa9\\n\"}"},
      {"a: x #c\nb: y#c\nc: http://x:80/y?z", R"({"a":"x","b":"y#c","c":"http://x:80/y?z"})"},
      {"a: {b, c: }\nd: [1,2\n,]\ne: -b\nf: {\"b\":c}",
       R"({"a":{"b":null,"c":null},"d":[1,2],"e":"-b","f":{"b":"c"}})"},
      {"a: &x\n- b\n- c: &y\n   d\n  e: !!str\n   5\n", R"({"a":["b",{"c":"d","e":"5"}]})"},
      {"a:\n- b\n-\n c\n? d\n: e\n", R"({"a":["b","c"],"d":"e"})"},
      {"a: &x\n b: 1\n c:\n  2\n", R"({"a":{"b":1,"c":2}})"},
      {"? a\n? b\n: 1\nc:\nd:", R"({"a":null,"b":1,"c":null,"d":null})"},
      {"a:\tb\n-c: d", R"({"a":"b","-c":"d"})"},
      {"a: |\n  it's '", "{\"a\":\"it's '\"}"},
      {"a: |\n  x\n  ", R"({"a":"x\n"})"},
      {"a: |+\n  x\n\n", R"({"a":"x\n\n"})"},
      {"a: 'x\n  y'\n", R"({"a":"x y"})"},
      {"a: {b: 1,\n\tc: 2}", R"({"a":{"b":1,"c":2}})"},
      {"\xef\xbb\xbf%YAML 1.1\n---\na: 1\r\nb: 2\r\n", R"({"a":1,"b":2})"},
      {"  {\"a\": \"\\ud83d\\ude00\\/\", \"b\":\t[1.5, true, null]}\n",
       "{\"a\":\"\xf0\x9f\x98\x80/\",\"b\":[1.5,true,null]}"},
  };
  for (const Row& row : rows) BOOST_TEST(read(row.yaml) == row.json);
}

BOOST_AUTO_TEST_CASE(mistakes_name_line_and_column) {
  for (const char* bad :
       {"a: b: c",        "a: 'x",    "a: \"x",      "a:\n\t- b",     "a: @x",           "a: `x`",      "a: {b: 1}}",
        "a: \"x\" y",     "a: [1",    "a: 1\n b: 2", "a: 1\n- b",     "a: 'x\n",         "a: \"x\n",    "a: 'x\n\n  ",
        "a: 1\n...\n, b", "a: '",     "a: \"",       "- '",           "a:\nb",           "a: 1\nb:\nc", "-\nb",
        "a:\n\tb",        "\ta: 1",   "a:\n[b]",     "a: 1\nfoo",     "a: &x 1\nb:\n*x", "'x\n ",       "a:\n\tb: 1",
        "a: .inf",        "a: -.INF", "a: .nan",     "a: \"\\ud83d\""})
    BOOST_TEST(read(bad).starts_with("error: line "), bad << " -> " << read(bad));
  BOOST_TEST(read("a: 1\nb: {c: !!int x}") == "error: line 2, column 8: \"x\" does not fit its tag !!int");
  BOOST_TEST(read(std::string("a: 1\nb: \x04z")) == "error: line 2, column 4: a control character");
  BOOST_TEST(read("a: 1\nb: \xff") == "error: line 2, column 4: not UTF-8");
  BOOST_TEST(read("a: 1\nb: \xed\xa0\x80") == "error: line 2, column 4: not UTF-8");
}

BOOST_AUTO_TEST_CASE(documents_are_separated_and_empty_ones_dropped) {
  const Result<std::vector<json::value>> documents =
      parse_yaml_documents("---\n# nothing\n---\na: 1\n---\n\n--- {b: 2}\n...\n---\n- c\n---\n");
  BOOST_REQUIRE(documents.has_value());
  BOOST_REQUIRE(documents->size() == 3u);
  BOOST_TEST(print_json((*documents)[0]) == R"({"a":1})");
  BOOST_TEST(print_json((*documents)[1]) == R"({"b":2})");
  BOOST_TEST(print_json((*documents)[2]) == R"(["c"])");
  BOOST_TEST(parse_yaml_documents("\xc3\xa9: \xf0\x9f\x98\x80\r\n---\r\nb: 1\n---\nc: 1")->size() == 3u);
  BOOST_TEST(parse_yaml_documents("")->empty());
  BOOST_TEST(parse_yaml_documents("{\"a\":1}\n{\"b\":2}")->size() == 2u);
  BOOST_TEST(parse_yaml_documents("{\"a\":1}\n---\n{\"b\":2}")->size() == 2u);
  BOOST_TEST(read("---\na: 1\n---\n") == R"({"a":1})");
  BOOST_TEST(read("a: 1\n---\nb: 1") == "error: the text holds 2 YAML documents instead of one");
  BOOST_TEST(read("# only a comment") == "error: the text holds 0 YAML documents instead of one");
}

BOOST_AUTO_TEST_CASE(aliases_and_depth_are_bounded) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += before + (j < 9 ? ", " : "]\n");
  }
  BOOST_TEST(read(laughs).ends_with("the aliases of this text expand to too much"));
  // Lists of JSON go on to the reader of YAML when they are too deep for the one of JSON.
  BOOST_TEST(read(std::string(1000, '[')).starts_with("error: "));
  BOOST_TEST(read("a: " + std::string(255, '[') + std::string(255, ']')).starts_with("{\"a\":[["));
  BOOST_TEST(read("a: " + std::string(300, '[') + std::string(300, ']')).ends_with("more than 256 levels"));
  std::string chain = "b0: &b0 [x]\n";
  for (int i = 1; i < 10; ++i)
    chain += "b" + std::to_string(i) + ": &b" + std::to_string(i) + " " + std::string(100, '[') + "*b" +
             std::to_string(i - 1) + std::string(100, ']') + "\n";
  BOOST_TEST(read(chain).ends_with("more than 256 levels"));
}

BOOST_AUTO_TEST_CASE(prints_as_kubectl_does) {
  const json::value value = json::parse(
      R"({"kind":"X","apiVersion":"v1","metadata":{"name":"a","labels":{},"creationTimestamp":"2026-01-01T00:00:00Z"},)"
      R"("spec":{"list":[{"b":1,"a":"yes"},[1,[2]],"x",[]],"text":"one\ntwo\n","open":"one\ntwo","on":null,"n":1.5}})");
  BOOST_TEST(print_yaml(value) ==
             "apiVersion: v1\n"
             "kind: X\n"
             "metadata:\n"
             "  creationTimestamp: \"2026-01-01T00:00:00Z\"\n"
             "  labels: {}\n"
             "  name: a\n"
             "spec:\n"
             "  list:\n"
             "  - a: \"yes\"\n"
             "    b: 1\n"
             "  - - 1\n"
             "    - - 2\n"
             "  - x\n"
             "  - []\n"
             "  \"n\": 1.5\n"
             "  \"on\": null\n"
             "  open: |-\n"
             "    one\n"
             "    two\n"
             "  text: |\n"
             "    one\n"
             "    two\n");
}

BOOST_AUTO_TEST_CASE(every_printed_string_reads_back_as_itself) {
  const std::vector<std::string> pieces = {
      "",    "a",    " ",    "\n",       "\n\n",         "\t",           "#",        ":",  "- ",   "? ", "---",
      "...", "yes",  "1",    "0x1F",     ".5",           "1e3",          "'",        "\"", "\\",   "{",  "}",
      "[",   "]",    ",",    "&a",       "*a",           "!b",           "|",        ">",  "%",    "@",  "`",
      "\r",  "\x01", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xc3\xa9", "~",  "null", "<<", "=",
      ":x",  " #x",  ": y",  "1:30",     "2001-01-01",   ".inf"};
  for (const std::string& first : pieces)
    for (const std::string& second : pieces)
      for (const std::string third : {"", "z", "\n", " "}) {
        const std::string text = first + second + third;
        json::object object;
        object["key"] = text;
        object[text] = 1;
        json::array array;
        array.emplace_back(text);
        array.emplace_back(object);
        object["list"] = array;
        const json::value value(object);
        const std::string printed = print_yaml(value);
        const Result<json::value> back = parse_yaml(printed);
        BOOST_TEST((back && *back == value), print_json(value) << " printed as\n" << printed);
      }
}

}  // namespace
}  // namespace sluice::kube
