// `sluice eval`: what it prints, where, and with which exit code.
#include "controller/eval_command.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include <boost/test/unit_test.hpp>

namespace sluice::controller {
namespace {

struct Said {
  int code = 0;
  std::string out;
  std::string errors;
};

Said eval(const std::vector<std::string>& arguments, const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out, errors;
  Said said;
  said.code = run_eval(arguments, kube::parse_time("2026-01-02T03:04:05Z").value(), in, out, errors);
  said.out = out.str();
  said.errors = errors.str();
  return said;
}

BOOST_AUTO_TEST_SUITE(eval_command)

BOOST_AUTO_TEST_CASE(prints_the_value_and_its_type) {
  const Said said = eval({"result[0] >= 0.95", "--result", "-"}, "[0.97]\n");
  BOOST_TEST(said.code == 0);
  BOOST_TEST(said.out == "value: true\ntype:  bool\n");
  BOOST_TEST(said.errors == "");
}

BOOST_AUTO_TEST_CASE(reads_what_a_backend_has_answered) {
  const std::string answer = R"({"status":"success","data":{"resultType":"vector","result":[
      {"metric":{},"value":[1767225600,"0.5"]},{"metric":{},"value":[1767225600,"NaN"]}]}})";
  BOOST_TEST(eval({"result[0]", "--from", "prometheus", "-r", "-"}, answer).out == "value: 0.5\ntype:  float64\n");
  BOOST_TEST(eval({"result[1]", "--from", "prometheus", "-r", "-"}, answer).out == "value: NaN\ntype:  float64\n");
  BOOST_TEST(eval({"result contains \"up\"", "-r", "-"}, "it is up").out == "value: true\ntype:  bool\n");
  const Said bad = eval({"true", "--from", "prometheus", "-r", "-"}, "{}");
  BOOST_TEST(bad.code == 2);
  BOOST_TEST(bad.errors.starts_with("sluice eval: --result: "));
}

BOOST_AUTO_TEST_CASE(a_mistake_has_a_caret_under_it) {
  const Said said = eval({"result >= limit"});
  BOOST_TEST(said.code == 1);
  BOOST_TEST(said.out == "");
  BOOST_TEST(said.errors == "error: unknown name limit (column 11)\n  result >= limit\n            ^\n");
}

BOOST_AUTO_TEST_CASE(programs_get_json) {
  BOOST_TEST(eval({"len(result)", "-o", "json", "-r", "-"}, "[1,2]").out ==
             "{\n  \"value\": 2,\n  \"type\": \"int\"\n}\n");
  const Said said = eval({"1 +\n foo", "-o", "json"});
  BOOST_TEST(said.code == 1);
  BOOST_TEST(said.out == "{\n  \"error\": \"unknown name foo\",\n  \"line\": 2,\n  \"column\": 2\n}\n");
  BOOST_TEST(said.errors == "");
}

BOOST_AUTO_TEST_CASE(time_is_given) {
  BOOST_TEST(eval({"now().Format(\"15:04\")"}).out == "value: \"03:04\"\ntype:  string\n");
  BOOST_TEST(eval({"now()", "--now", "2026-05-06T07:08:09Z"}).out ==
             "value: 2026-05-06 07:08:09 +0000 UTC\ntype:  time.Time\n");
  BOOST_TEST(eval({"duration(\"90s\")"}).out == "value: 1m30s\ntype:  time.Duration\n");
}

BOOST_AUTO_TEST_CASE(an_expression_may_begin_with_a_minus) {
  BOOST_TEST(eval({"--", "-1 + 2"}).out == "value: 1\ntype:  int\n");
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_told_apart_from_wrong_conditions) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"1", "2"},
                                             {"1", "--nothing"},
                                             {"1", "-o", "yaml"},
                                             {"1", "--from", "csv"},
                                             {"1", "--now", "yesterday"},
                                             {"1", "--result", "/does/not/exist"}}) {
    const Said said = eval(arguments);
    BOOST_TEST(said.code == 2);
    BOOST_TEST(said.errors.starts_with("sluice eval: "));
    BOOST_TEST(said.out == "");
  }
  const Said help = eval({"--help"});
  BOOST_TEST(help.code == 0);
  BOOST_TEST(help.out.find("--result") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller
