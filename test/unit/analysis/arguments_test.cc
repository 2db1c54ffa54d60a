// Arguments of runs, the merging of templates, and what is refused before anything is measured.
#include "analysis/arguments.h"

#include <map>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "analysis/compose.h"
#include "analysis/validate.h"
#include "crds/decode.h"

namespace sluice::analysis {
namespace {

crds::Metric metric_from(const char* text) {
  kube::Mistakes mistakes;
  crds::Metric metric = crds::decode_metric(boost::json::parse(text), mistakes);
  BOOST_REQUIRE_MESSAGE(mistakes.empty(), kube::describe(mistakes));
  return metric;
}

crds::Argument argument(std::string name, std::optional<std::string> value) {
  crds::Argument made;
  made.name = std::move(name);
  made.value = std::move(value);
  return made;
}
crds::Argument secret_argument(std::string name, std::string secret, std::string key) {
  crds::Argument made;
  made.name = std::move(name);
  made.value_from.obtain().secret_key_ref = crds::SecretKeyReference{std::move(secret), std::move(key)};
  return made;
}

constexpr const char* prometheus =
    R"({"name":"rate","interval":"{{args.every}}","count":"{{ args.n }}","successCondition":"result[0] > {{args.low}}",)"
    R"("provider":{"prometheus":{"address":"http://p","query":"up{app=\"{{args.app}}\"}",)"
    R"("headers":[{"key":"X-{{args.app}}","value":"{{args.token}}"}]}}})";

BOOST_AUTO_TEST_SUITE(arguments_tests)

BOOST_AUTO_TEST_CASE(arguments_are_filled_in_everywhere_and_once) {
  const kube::StringMap values{
      {"every", "5s"}, {"n", "3"}, {"low", "0.9"}, {"app", "a\"b\\{{args.n}}\n\x01"}, {"token", "t"}};
  const kube::Result<crds::Metric> filled = fill_in(metric_from(prometheus), values);
  BOOST_REQUIRE(filled.has_value());
  BOOST_TEST(filled->interval == "5s");
  BOOST_TEST(filled->count->text() == "3");
  BOOST_TEST(filled->success_condition == "result[0] > 0.9");
  BOOST_TEST(filled->provider.prometheus->query == "up{app=\"a\"b\\{{args.n}}\n\x01\"}");
  BOOST_TEST(filled->provider.prometheus->headers[0].value == "t");
}

BOOST_AUTO_TEST_CASE(a_job_spec_is_filled_in_too) {
  const crds::Metric metric = metric_from(
      R"({"name":"j","provider":{"job":{"spec":{"template":{"spec":{"containers":[{"args":["{{args.x}}"]}]}}}}}})");
  const kube::Result<crds::Metric> filled = fill_in(metric, {{"x", "exit 1"}});
  BOOST_REQUIRE(filled.has_value());
  BOOST_TEST(filled->provider.job->spec.text.find("exit 1") != std::string::npos);
  BOOST_TEST(uses_argument(metric, "x"));
  BOOST_TEST(!uses_argument(metric, "y"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_filled_in_is_named) {
  const struct {
    const char* query;
    const char* message;
  } rows[] = {
      {"{{args.missing}}", "failed to resolve {{args.missing}}"},
      {"{{ other }}", "failed to resolve {{ other }}"},
      {"{{args.a", "Cannot find end tag=\"}}\" in the template=\"{{args.a\" starting from \"args.a\""},
      {"{{args.x}} {{args.y}}", "failed to resolve {{args.x}}; failed to resolve {{args.y}}"},
  };
  for (const auto& row : rows) {
    crds::Metric metric = metric_from(prometheus);
    metric.interval = metric.success_condition = "";
    metric.count.reset();
    metric.provider.prometheus->headers.clear();
    metric.provider.prometheus->query = row.query;
    const kube::Result<crds::Metric> filled = fill_in(metric, {{"a", "1"}});
    BOOST_REQUIRE(filled.has_error());
    BOOST_TEST(filled.error().message == row.message);
  }
}

BOOST_AUTO_TEST_CASE(every_argument_needs_a_value) {
  const auto read = read_arguments({argument("a", "1"), argument("b", std::nullopt), argument("c", std::nullopt)});
  BOOST_REQUIRE(read.has_error());
  BOOST_TEST(read.error().message == "argument \"b\" was not supplied; argument \"c\" was not supplied");
}

BOOST_AUTO_TEST_CASE(values_do_not_refer_to_other_arguments) {
  const auto mistakes = [](const std::vector<crds::Argument>& arguments) {
    const auto read = read_arguments(arguments);
    return read ? std::string() : read.error().message;
  };
  BOOST_TEST(mistakes({argument("a", "{{args.b}}"), argument("b", "x")}) ==
             "argument \"a\" refers to {{args.b}}: a value is taken as it is, write the text itself");
  BOOST_TEST(mistakes({argument("a", "{{args.b}}"), argument("b", "{{ args.c }}!"), argument("c", "{{args.a}}")}) ==
             "arguments refer to each other in a circle: a -> b -> c -> a");
  BOOST_TEST(mistakes({argument("a", "{{args.a}}")}) == "arguments refer to each other in a circle: a -> a");
  BOOST_TEST(mistakes({argument("z", "{{args.b}}"), argument("b", "{{args.b}}")}) ==
             "arguments refer to each other in a circle: b -> b; "
             "argument \"z\" refers to {{args.b}}: a value is taken as it is, write the text itself");
  BOOST_TEST(mistakes({argument("a", "{{ .Values.x }} {{"), argument("b", "args.a")}) == "");
}

BOOST_AUTO_TEST_CASE(an_argument_that_nothing_uses_does_no_harm) {
  const auto read = read_arguments({argument("used", "up"), argument("unused", "x")});
  BOOST_REQUIRE(read.has_value());
  const auto filled =
      fill_in({metric_from(R"({"name":"m","provider":{"prometheus":{"query":"{{args.used}}"}}})")}, *read);
  BOOST_REQUIRE(filled.has_value());
  BOOST_TEST(filled->at(0).provider.prometheus->query == "up");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_resolved_is_told_with_its_metric) {
  const auto read = read_arguments({argument("a", "1")});
  const auto filled =
      fill_in({metric_from(R"({"name":"rate","provider":{"prometheus":{"query":"{{args.x}}"}}})"),
               metric_from(R"({"name":"good","provider":{"prometheus":{"query":"{{args.a}}"}}})"),
               metric_from(R"({"name":"p99","count":"{{args.y}}","provider":{"prometheus":{"query":"up"}}})")},
              *read);
  BOOST_REQUIRE(filled.has_error());
  BOOST_TEST(filled.error().message ==
             "failed to resolve {{args.x}} (metric 'rate'); failed to resolve {{args.y}} (metric 'p99')");
}

BOOST_AUTO_TEST_CASE(secrets_are_placeholders_until_they_are_needed) {
  crds::Argument overridden = secret_argument("token", "s", "k");
  overridden.value = "given";
  const auto read = read_arguments({secret_argument("password", "s", "k"), overridden});
  BOOST_REQUIRE(read.has_value());
  BOOST_REQUIRE(read->secrets.size() == 1u);
  BOOST_TEST(read->secrets[0].source.key == "k");
  BOOST_TEST(planning_values(*read).get("password") == "temp-for-secret");
  BOOST_TEST(planning_values(*read).get("token") == "given");

  crds::Metric named = metric_from(prometheus);
  named.name = "m-{{args.password}}";
  const auto refused = fill_in(std::vector<crds::Metric>{named}, *read);
  BOOST_TEST(refused.error().message.starts_with(
      "metric name uses the secret argument \"password\"; use a plain value (metric 'm-{{args.password}}')"));
}

BOOST_AUTO_TEST_CASE(secrets_are_hidden) {
  BOOST_TEST(redact("token hunter2 in http://x/hunter2", {"hunter2"}) == "token ***** in http://x/*****");
  BOOST_TEST(redact("a cat", {"a"}) == "a cat");
  BOOST_TEST(redact("a", {"a", ""}) == "*****");
}

// ---- templates

struct Templates {
  std::map<std::pair<std::string, bool>, crds::AnalysisTemplate> all;

  crds::AnalysisTemplateSpec& add(const std::string& name, bool cluster = false) {
    crds::AnalysisTemplate& made = all[{name, cluster}];
    made.meta.name = name;
    auto spec = std::make_shared<crds::AnalysisTemplateSpec>();
    crds::AnalysisTemplateSpec& writable = *spec;
    made.spec = std::move(spec);
    return writable;
  }
  FindTemplate finder() const {
    return [this](const std::string& name, bool cluster) -> const crds::AnalysisTemplate* {
      const auto found = all.find({name, cluster});
      return found == all.end() ? nullptr : &found->second;
    };
  }
};

crds::Metric named(std::string name) {
  crds::Metric metric = metric_from(R"({"name":"x","provider":{"prometheus":{"query":"up"}}})");
  metric.name = std::move(name);
  return metric;
}

std::string names_of(const std::vector<crds::Metric>& metrics) {
  std::string names;
  for (const crds::Metric& metric : metrics) names += metric.name;
  return names;
}

BOOST_AUTO_TEST_CASE(templates_are_merged_in_order_each_once) {
  Templates templates;
  crds::AnalysisTemplateSpec& first = templates.add("first");
  first.metrics = {named("a")};
  first.templates = {{"nested"}, {"shared", true}};
  templates.add("nested").metrics = {named("b")};
  templates.add("shared", true).metrics = {named("c")};
  crds::AnalysisTemplateSpec& second = templates.add("second");
  second.metrics = {named("d")};
  second.templates = {{"nested"}};
  const auto merged = compose({{"shared", true}, {"first"}, {"second"}}, {}, {}, templates.finder());
  BOOST_REQUIRE(merged.has_value());
  BOOST_TEST(names_of(merged->metrics) == "abdc");  // cluster templates come last
}

BOOST_AUTO_TEST_CASE(templates_that_do_not_fit_together_are_refused) {
  Templates templates;
  templates.add("a").templates = {{"b"}};
  templates.add("b").templates = {{"c"}};
  templates.add("c").templates = {{"a"}};
  templates.add("m1").metrics = {named("x")};
  templates.add("m2").metrics = {named("x")};
  templates.add("v1").args = {argument("p", "1")};
  templates.add("v2").args = {argument("p", "2")};
  templates.add("d1").dry_run = {{"x"}};
  templates.add("lost").templates = {{"gone", true}};
  for (int i = 0; i < 20; ++i) templates.add("n" + std::to_string(i)).templates = {{"n" + std::to_string(i + 1)}};
  templates.add("n20");
  const struct {
    std::vector<crds::TemplateReference> references;
    const char* message;
  } rows[] = {
      {{{"a"}}, "templates refer to each other in a cycle: a -> b -> c -> a"},
      {{{"m1"}, {"m2"}}, "two metrics have the same name 'x'"},
      {{{"v1"}, {"v2"}}, "Argument `p` specified multiple times with different values: '1', '2'"},
      {{{"d1"}}, "two Dry-Run metric rules have the same name 'x'"},
      {{{"none"}}, "AnalysisTemplate 'none' not found"},
      {{{"lost"}}, "ClusterAnalysisTemplate 'gone' not found"},
      {{{"n0"}}, "templates: nested too deeply (limit 16)"},
  };
  for (const auto& row : rows) {
    const auto merged = compose(row.references, {{"x"}}, {}, templates.finder());
    BOOST_REQUIRE(merged.has_error());
    BOOST_TEST(merged.error().message == row.message);
  }
}

BOOST_AUTO_TEST_CASE(a_later_declaration_does_not_erase_a_default) {
  Templates templates;
  templates.add("a").args = {secret_argument("token", "s", "k"), argument("p", std::nullopt)};
  templates.add("b").args = {argument("token", std::nullopt), argument("p", "1")};
  const auto merged = compose({{"a"}, {"b"}}, {}, {}, templates.finder());
  BOOST_REQUIRE(merged.has_value());
  BOOST_TEST(merged->args[0].value_from->secret_key_ref->name == "s");
  BOOST_TEST(*merged->args[1].value == "1");
}

BOOST_AUTO_TEST_CASE(callers_fill_declared_arguments_only) {
  const std::vector<crds::Argument> declared{argument("a", std::nullopt), argument("b", "2"),
                                             secret_argument("c", "s", "k")};
  const auto merged = merge_arguments({argument("a", "1"), argument("c", "plain"), argument("extra", "x")}, declared);
  BOOST_REQUIRE(merged.has_value());
  BOOST_TEST(merged->size() == 3u);
  BOOST_TEST(*(*merged)[0].value == "1");
  BOOST_TEST(*(*merged)[1].value == "2");
  BOOST_TEST(*(*merged)[2].value == "plain");
  BOOST_TEST(!(*merged)[2].value_from.has_value());
  BOOST_TEST(merge_arguments({}, declared).error().message == "args.a was not resolved");
}

BOOST_AUTO_TEST_CASE(an_analysis_is_checked_before_its_rollout_starts) {
  Templates templates;
  crds::AnalysisTemplateSpec& spec = templates.add("t");
  spec.args = {argument("app", std::nullopt)};
  spec.metrics = {named("m")};
  spec.metrics[0].interval = "1m";
  spec.metrics[0].provider.prometheus->query = "up{app=\"{{args.app}}\"}";
  spec.metrics[0].success_condition = "result >";
  crds::RolloutAnalysis analysis;
  analysis.templates = {{"t"}};
  BOOST_TEST(check_analysis(analysis, templates.finder(), true).at(0) == "args.app was not resolved");
  analysis.args = {argument("app", "web")};
  const auto background = check_analysis(analysis, templates.finder(), true);
  BOOST_REQUIRE(background.size() == 1u);
  BOOST_TEST(background[0] == "metrics[0]: successCondition: unexpected token EOF (column 9)");
  const auto step = check_analysis(analysis, templates.finder(), false);
  BOOST_REQUIRE(step.size() == 2u);
  BOOST_TEST(step[1] == "AnalysisTemplate t has metric m which runs indefinitely. Invalid value for count: <nil>");
}

BOOST_AUTO_TEST_CASE(metrics_that_cannot_work_are_refused_with_every_mistake) {
  const struct {
    const char* metric;
    const char* mistakes;
  } rows[] = {
      {R"({"provider":{"prometheus":{"query":"up"}}})", ""},
      {R"({"consecutiveSuccessLimit":-1,"provider":{"prometheus":{"query":"up"}}})",
       "metrics[0]: consecutiveSuccessLimit must be >= 0"},
      {R"({"failureLimit":-2,"consecutiveSuccessLimit":1,"provider":{"job":{"spec":{}}}})",
       "metrics[0]: failureLimit must be >= 0, or -1 to be disabled"},
      {R"({"failureLimit":-1,"provider":{"job":{"spec":{}}}})",
       "metrics[0]: failureLimit and consecutiveSuccessLimit cannot both be disabled"},
      {R"({"inconclusiveLimit":-1,"consecutiveErrorLimit":-1,"provider":{"job":{"spec":{}}}})",
       "metrics[0]: inconclusiveLimit must be >= 0; metrics[0]: consecutiveErrorLimit must be >= 0"},
      {R"({"count":3,"interval":"1s","failureLimit":2,"consecutiveSuccessLimit":2,"provider":{"job":{"spec":{}}}})",
       "metrics[0]: count (3) must be >= failureLimit + consecutiveSuccessLimit (2 + 2) if both >= 0"},
      {R"({"count":1,"failureLimit":-1,"consecutiveSuccessLimit":2,"provider":{"job":{"spec":{}}}})",
       "metrics[0]: count must be >= consecutiveSuccessLimit"},
      {R"({"count":1,"inconclusiveLimit":2,"provider":{"job":{"spec":{}}}})",
       "metrics[0]: count must be >= inconclusiveLimit"},
      {R"({"count":2,"provider":{"job":{"spec":{}}}})", "metrics[0]: interval must be specified when count > 1"},
      {R"({"interval":"100ms","provider":{"job":{"spec":{}}}})", "metrics[0]: interval: below 1s (100ms)"},
      {R"({"count":"5x","provider":{"job":{"spec":{}}}})", "metrics[0]: count: \"5x\" is not a whole number"},
      {R"({"failureLimit":"5%","inconclusiveLimit":"","provider":{"job":{"spec":{}}}})",
       "metrics[0]: failureLimit: \"5%\" is not a whole number; "
       "metrics[0]: inconclusiveLimit: \"\" is not a whole number"},
      {R"({"count":"-1","failureLimit":"+2","provider":{"job":{"spec":{}}}})", ""},
      {R"({"provider":{}})",
       "metrics[0]: no provider specified; give one of prometheus, job, kayenta, web, datadog, wavefront, "
       "newRelic, cloudWatch, graphite, influxdb, skywalking"},
      {R"({"provider":{"job":{"spec":{}},"web":{"url":"x"}}})",
       "metrics[0]: multiple providers specified: job, web; keep one"},
      {R"({"provider":{"plugin":{"x/y":{}}}})",
       "metrics[0]: plugin \"x/y\" is not run by this version; use one of prometheus, job, kayenta, web, datadog, "
       "wavefront, "
       "newRelic, cloudWatch, graphite, influxdb, skywalking"},
      {R"({"provider":{"prometheus":{"query":"up","timeout":-1}}})",
       "metrics[0]: prometheus timeout should not be negative"},
      {R"({"provider":{"prometheus":{"query":"up","timeout":9000000000000000}}})",
       "metrics[0]: prometheus timeout: too long (limit 120 s, got 9000000000000000)"},
      {R"({"provider":{"prometheus":{"query":"up","authentication":{"basicAuth":{"username":"u"}}}}})",
       "metrics[0]: missing mandatory parameter in metric for basic auth setup: password"},
      {R"({"successCondition":"result >","failureCondition":"foo(1) ","provider":{"job":{"spec":{}}}})",
       "metrics[0]: successCondition: unexpected token EOF (column 9); "
       "metrics[0]: failureCondition: unknown name foo (column 1)"},
  };
  for (const auto& row : rows) {
    boost::json::object json = boost::json::parse(row.metric).as_object();
    json["name"] = "m";
    std::string all;
    for (const std::string& mistake : validate_metrics({metric_from(boost::json::serialize(json).c_str())}))
      all += (all.empty() ? "" : "; ") + mistake;
    BOOST_TEST(all == row.mistakes);
  }
  BOOST_TEST(validate_metrics({}).at(0) == "no metrics specified");
  BOOST_TEST(validate_metrics({named("a"), named("a")}).at(0) == "metrics[1]: duplicate name 'a'");
  crds::AnalysisRunSpec spec;
  spec.metrics = {named("a")};
  spec.dry_run = {{"*"}, {"a"}};
  spec.measurement_retention = {{"b", 5}};
  const std::vector<std::string> mistakes = validate_run(spec);
  BOOST_REQUIRE(mistakes.size() == 2u);
  BOOST_TEST(mistakes[0] == "dryRun[0]: Rule didn't match any metric name(s)");
  BOOST_TEST(mistakes[1] == "measurementRetention[0]: Rule didn't match any metric name(s)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
